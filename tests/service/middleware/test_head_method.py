"""HEAD is served as GET, on every route, and its response ends with the headers."""

import json
from collections.abc import AsyncIterator

import anyio
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.config import Settings
from app.extension_points import Extensions
from app.main import create_app

seen: list[str] = []


class WatchMethods:
    """A team's middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(scope["method"])
        await self.app(scope, receive, send)


async def count_up() -> AsyncIterator[bytes]:
    number = 0
    while True:
        # Without a pause: nothing but the response's end stops it.
        yield b"%d\n" % number
        number += 1


async def wait() -> AsyncIterator[bytes]:
    await anyio.sleep_forever()
    yield b""


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings, Extensions(middleware=[Middleware(WatchMethods)]))

    @app.get("/endless")
    async def get_endless() -> StreamingResponse:
        return StreamingResponse(count_up())

    @app.get("/silent")
    async def get_silent() -> StreamingResponse:
        return StreamingResponse(wait())

    @app.get("/things/{name}")
    async def get_thing(name: str, request: Request, response: Response) -> dict[str, str]:
        response.headers["X-Seen"] = request.method
        return {"name": name}

    @app.post("/made")
    async def make() -> None: ...

    return app


def templates(app: FastAPI) -> list[str]:
    return [
        route.path or ""
        for route in iter_route_contexts(app.routes)
        if "GET" in (route.methods or ())
        and "{" not in (route.path or "")
        and route.path not in {"/endless", "/silent"}
    ]


async def test_every_get_route_is_served(client: AsyncClient, app: FastAPI) -> None:
    paths = [*templates(app), "/docs/swagger-ui.css"]
    for path in paths:
        get, head = await client.get(path), await client.head(path)
        assert head.status_code == get.status_code, path
        assert head.content == b""
        if path != "/metrics":  # which count themselves
            assert head.headers["content-length"] == get.headers["content-length"], path

    assert {"/health", "/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json"} <= {
        *paths
    }


async def test_a_route_sees_get(client: AsyncClient) -> None:
    seen.clear()
    response = await client.head("/things/lamp")

    assert response.headers["x-seen"] == "GET"
    assert response.headers["content-length"] == str(len(b'{"name":"lamp"}'))
    assert seen == ["GET"]


@pytest.mark.parametrize("path", ["/endless", "/silent"])
async def test_an_endless_stream_ends_with_its_headers(client: AsyncClient, path: str) -> None:
    with anyio.fail_after(10):
        response = await client.head(path)

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "status", "allowed"),
    [("/made", 405, "POST"), ("/nope", 404, None), ("/api/v1/auth/me", 401, None)],
)
async def test_errors_are_those_of_get(
    client: AsyncClient, path: str, status: int, allowed: str | None
) -> None:
    get, head = await client.get(path), await client.head(path)

    assert (head.status_code, head.headers.get("allow")) == (status, allowed)
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.content == b""


async def test_a_head_request_is_logged_and_counted_as_head(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await count(client)
    capsys.readouterr()
    await client.head("/things/lamp")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line.get("event") == "access"]
    after = await count(client)

    assert (line["method"], line["route"], line["status"]) == ("HEAD", "/things/{name}", 200)
    assert after - before == 1


async def count(client: AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    labels = {"method": "HEAD", "handler": "/things/{name}", "status": "200"}
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return sum(
        each.value
        for each in samples
        if each.name == "http_requests_total" and each.labels == labels
    )
