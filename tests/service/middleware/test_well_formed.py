"""What routes never see, on plain routers of a team that has not thought of it."""

from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Form, Request
from httpx2 import AsyncClient

from app.core.config import Settings
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


@router.get("/{text}")
async def echo(text: str, again: str = "") -> str:
    return text + again


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    app.include_router(router)
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
    answer = await client.post("/echo/json", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_json"


@pytest.mark.parametrize("target", ["/echo/a%00", "/echo/a?again=%00", "/echo/a?%00", "/%00"])
async def test_nul_in_a_target_is_refused(client: AsyncClient, target: str) -> None:
    answer = await client.get(target)

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_text"


@pytest.mark.parametrize("body", [b"text=%00", b"text=\0", b"%00=a"])
async def test_nul_in_a_form_is_refused(client: AsyncClient, body: bytes) -> None:
    answer = await client.post("/echo/form", content=body, headers={"Content-Type": FORM})

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_text"


@pytest.mark.parametrize("media_type", [JSON, FORM, "multipart/form-data; boundary=x"])
async def test_text_comes_in_utf_8(client: AsyncClient, media_type: str) -> None:
    statuses = {}
    for charset in ("utf-8", '"UTF-8"', "utf-16", "unicode_escape"):
        headers = {"Content-Type": f"{media_type}; charset={charset}"}
        answer = await client.post("/echo/raw", content=b"{}", headers=headers)
        statuses[charset] = answer.status_code

    assert list(statuses.values()) == [200, 200, 415, 415]


async def test_other_bodies_pass_as_they_are(client: AsyncClient) -> None:
    headers = {"Content-Type": "text/csv; charset=windows-1252"}
    answer = await client.post("/echo/raw", content=b"\xff\0{", headers=headers)

    assert answer.json() == 3
