"""What routes never see, on plain routers of a team that has not thought of it."""

from collections.abc import AsyncIterator
from typing import Annotated

import anyio
import pytest
from anyio.lowlevel import checkpoint
from fastapi import APIRouter, FastAPI, Form, Request
from httpx2 import AsyncClient

from app.api.deps import RawBody
from app.core.config import Settings
from app.core.limits.body_limit import BodyLimit, JSONLimits
from app.extension_points import Extensions
from app.main import create_app

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
router = APIRouter(prefix="/echo")


@router.post("/json")
async def echo_json(body: dict[str, object]) -> dict[str, object]:
    return body


@router.post("/form")
async def echo_form(text: Annotated[str, Form()]) -> str:
    return text


@router.post("/raw")
async def count(request: Request) -> int:
    return len(await request.body())


@router.post("/pieces")
async def list_pieces(request: Request) -> list[int]:
    return [len(piece) async for piece in request.stream() if piece]


@router.post("/signed")
async def take_raw(body: RawBody) -> str:
    return body.decode("latin-1")


@router.post("/parsed")
async def parse(body: dict[str, object], raw: RawBody) -> int:
    return len(raw)


@router.get("/{text}")
async def echo(text: str, again: str = "") -> str:
    return text + again


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    large = JSONLimits(max_bytes=400_000, max_depth=50, max_values=100_000)
    limits = [BodyLimit(500_000, paths=("/large",), json=large)]
    app = create_app(settings, Extensions(body_limits=limits))
    app.include_router(router)
    app.include_router(router, prefix="/large")
    return app


async def test_ordinary_text_passes(client: AsyncClient) -> None:
    body = {"a": "é\n😀", "b": [1, {"a": 0.5}]}

    assert (await client.post("/echo/json", json=body)).json() == body
    assert (await client.post("/echo/form", data={"text": "é😀"})).json() == "é😀"
    assert (await client.get("/echo/é", params={"again": "😀"})).json() == "é😀"


@pytest.mark.parametrize("content_type", [JSON, "APPLICATION/JSON ; a=b", "application/a+json"])
@pytest.mark.parametrize("body", [b"{", rb'{"a": "\ud800"}', b'{"a": 1, "a": 1}', b'{"a": 1e999}'])
async def test_json_that_readers_disagree_on_is_refused(
    client: AsyncClient, content_type: str, body: bytes
) -> None:
    response = await client.post("/echo/json", content=body, headers={"Content-Type": content_type})

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_json"


@pytest.mark.parametrize("target", ["/echo/a%00", "/echo/a?again=%00", "/echo/a?%00", "/%00"])
async def test_nul_in_a_target_is_refused(client: AsyncClient, target: str) -> None:
    response = await client.get(target)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_text"


@pytest.mark.parametrize("body", [b"text=%00", b"text=\0", b"%00=a"])
async def test_nul_in_a_form_is_refused(client: AsyncClient, body: bytes) -> None:
    response = await client.post("/echo/form", content=body, headers={"Content-Type": FORM})

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_text"


@pytest.mark.parametrize("media_type", [JSON, FORM, "multipart/form-data; boundary=x"])
async def test_text_comes_in_utf_8(client: AsyncClient, media_type: str) -> None:
    statuses = {}
    for charset in ("utf-8", '"UTF-8"', "utf-16", "unicode_escape"):
        headers = {"Content-Type": f"{media_type}; charset={charset}"}
        response = await client.post("/echo/raw", content=b"{}", headers=headers)
        statuses[charset] = response.status_code

    assert list(statuses.values()) == [200, 200, 415, 415]


async def test_other_bodies_pass_as_they_are(client: AsyncClient) -> None:
    headers = {"Content-Type": "text/csv; charset=windows-1252"}
    response = await client.post("/echo/raw", content=b"\xff\0{", headers=headers)

    assert response.json() == 3


DUPLICATES = rb'{"a": 1, "a": "\u0000"}'


async def test_a_route_may_take_its_body_raw(client: AsyncClient) -> None:
    headers = {"Content-Type": JSON}
    taken = await client.post("/echo/signed", content=DUPLICATES, headers=headers)
    parsed = await client.post("/echo/parsed", content=DUPLICATES, headers=headers)
    form = await client.post("/echo/signed", content=b"a=%00", headers={"Content-Type": FORM})
    large = await client.post("/echo/signed", content=b"x" * 1_048_577, headers=headers)

    assert (taken.status_code, taken.json()) == (200, DUPLICATES.decode())
    assert (form.status_code, form.json()) == (200, "a=%00")
    # Who has it parsed as well gets what is well formed.
    assert parsed.json()["code"] == "malformed_json"
    assert (large.status_code, large.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("path", ["/nope", "/echo/json"])
async def test_only_a_body_that_is_read_is_checked(client: AsyncClient, path: str) -> None:
    response = await client.put(path, content=b"{", headers={"Content-Type": JSON})

    assert response.status_code == (404 if path == "/nope" else 405)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"a": "x" * 262_100}, (200, 200)),
        ({"a": "x" * 262_144}, (413, 200)),
        ({"a": "x" * 400_000}, (413, 413)),
        ({"a": [1] * 20_000}, (400, 200)),
        ({"a": [1] * 110_000}, (400, 400)),
        ({"a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}, (400, 200)),
    ],
    ids=str,
)
async def test_a_path_may_have_limits_of_json_of_its_own(
    client: AsyncClient, body: dict[str, object], status: tuple[int, int]
) -> None:
    sent = [await client.post(f"{prefix}/echo/json", json=body) for prefix in ("", "/large")]

    assert tuple(response.status_code for response in sent) == status


async def test_a_form_comes_in_pieces_between_which_others_have_a_turn(client: AsyncClient) -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await checkpoint()
            turns += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_turns)
        headers = {"Content-Type": FORM}
        response = await client.post("/echo/pieces", content=b"a" * 200_000, headers=headers)
        tasks.cancel_scope.cancel()

    assert response.json() == [65_536, 65_536, 65_536, 200_000 - 3 * 65_536]
    assert turns >= 2


async def test_nul_between_two_messages_of_a_form_is_found(client: AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"text=%", b"0", b"0"):
            yield part

    response = await client.post("/echo/form", content=parts(), headers={"Content-Type": FORM})

    assert response.json()["code"] == "malformed_text"


@pytest.mark.parametrize("form", ["&".join(["a=1"] * 101), "text=" + "x" * 65_537])
async def test_a_form_has_limits(client: AsyncClient, form: str) -> None:
    headers = {"Content-Type": FORM}

    assert (await client.post("/echo/form", content=form, headers=headers)).status_code == 400
