from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import anyio
import pytest
from anyio.lowlevel import checkpoint
from fastapi import FastAPI, Request
from httpx2 import AsyncClient
from starlette.types import Message, Receive, Scope, Send

from app.core.config import Settings
from app.core.errors import AppError
from app.core.limits.body_limit import BodyLimit, BodyLimits, JSONLimits
from app.extension_points import Extensions
from app.main import create_app
from app.middleware.body_limits import BodyLimitsMiddleware, ContentTooLargeError
from app.middleware.catch_all import CatchAllMiddleware
from app.middleware.exchange import ExchangeMiddleware

LIMIT = 1000


@pytest.fixture
def read() -> list[int]:
    """How many bytes each chunk had that the route saw."""
    return []


OWN = [
    BodyLimit(3 * LIMIT, paths=("/uploads/large",)),
    BodyLimit(LIMIT // 10, paths=("/uploads/{id}",)),
]


@pytest.fixture
def app(settings: Settings, read: list[int]) -> FastAPI:
    limited = settings.model_copy(update={"max_body_bytes": LIMIT, "body_timeout": 0.25})
    app = create_app(limited, Extensions(body_limits=OWN))

    @app.post("/things")
    async def create_thing(thing: dict[str, str]) -> None:
        pass

    @app.post("/unread")
    async def ignore() -> None:
        pass

    @app.post("/uploads/{name}")
    @app.post("/uploads")
    async def upload(request: Request) -> None:
        # One by one: what came before the refusal is of interest.
        async for chunk in request.stream():
            read.append(len(chunk))  # noqa: PERF401

    @app.post("/slow")
    async def upload_slowly(request: Request) -> None:
        async for _ in request.stream():
            await anyio.sleep(0.1)

    return app


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        await checkpoint()
        yield b" " * size


async def stall() -> AsyncIterator[bytes]:
    yield b"{"
    await anyio.sleep_forever()


async def trickle() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await anyio.sleep(0.01)


@pytest.mark.parametrize("path", ["/things", "/uploads"])
async def test_a_body_over_the_limit_is_refused(client: AsyncClient, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await client.post(path, content=b" " * (LIMIT + 1), headers=headers)

    assert response.status_code == 413
    assert response.json()["code"] == "content_too_large"
    assert response.headers["connection"] == "close"


async def test_a_declared_length_is_refused_before_anything_is_read(
    client: AsyncClient, read: list[int]
) -> None:
    headers = {"Content-Length": str(LIMIT + 1)}
    response = await client.post("/uploads", content=chunks(1), headers=headers)

    assert response.status_code == 413
    assert read == []


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1"}])
async def test_received_bytes_count_not_declared_ones(
    client: AsyncClient, read: list[int], headers: dict[str, str]
) -> None:
    response = await client.post("/uploads", content=chunks(600, 400, 1), headers=headers)

    assert response.status_code == 413
    assert read == [600, 400]


async def test_a_body_of_the_limit_is_taken(client: AsyncClient, read: list[int]) -> None:
    response = await client.post("/uploads", content=chunks(600, 400))

    assert response.status_code == 200
    assert sum(read) == LIMIT


@pytest.mark.parametrize("length", ["x", "-1", "+1", "1.5", "٣", "9" * 19])
async def test_a_length_that_is_no_number_is_refused(client: AsyncClient, length: str) -> None:
    headers = {b"Content-Length": length.encode()}
    response = await client.post("/uploads", content=chunks(1), headers=headers)

    assert response.status_code == 400


@pytest.mark.parametrize("body", [stall, trickle])
@pytest.mark.parametrize("path", ["/things", "/uploads"])
async def test_a_body_that_does_not_arrive_is_given_up(
    client: AsyncClient, path: str, body: Callable[[], AsyncIterator[bytes]]
) -> None:
    headers = {"Content-Type": "application/json"}
    with anyio.fail_after(10):
        response = await client.post(path, content=body(), headers=headers)

    assert response.status_code == 408
    assert response.json()["code"] == "request_timeout"
    assert response.headers["connection"] == "close"


async def test_the_time_that_a_route_takes_is_not_the_clients(client: AsyncClient) -> None:
    assert (await client.post("/slow", content=chunks(1, 1, 1, 1))).status_code == 200


async def test_a_response_that_has_begun_is_aborted() -> None:
    sent: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with suppress(AppError):
            await receive()
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b" " * (LIMIT + 1)}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    limits = BodyLimits([], max_bytes=LIMIT, json=JSONLimits())
    limited = CatchAllMiddleware(BodyLimitsMiddleware(inner, limits=limits, timeout_seconds=1))
    scope = {"type": "http", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    with pytest.raises(ContentTooLargeError):
        await ExchangeMiddleware(limited, observers=[])(scope, receive, send)

    assert sent == ["http.response.start"]


@pytest.mark.parametrize(("name", "most"), [("large", 3 * LIMIT), ("small", LIMIT // 10)])
async def test_a_group_of_paths_has_a_limit_of_its_own(
    client: AsyncClient, name: str, most: int
) -> None:
    sizes = (most, most + 1)
    responses = [await client.post(f"/uploads/{name}", content=b" " * size) for size in sizes]

    assert [response.status_code for response in responses] == [200, 413]


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/unread", 200)])
async def test_an_unread_body_is_not_received(client: AsyncClient, path: str, status: int) -> None:
    """Neither waited for nor counted, whatever was declared."""
    with anyio.fail_after(10):
        response = await client.post(
            path, content=stall(), headers={"Content-Length": str(LIMIT + 1)}
        )

    assert response.status_code == status
