"""Replayed responses: the same as those of the route without a key."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Response
from httpx2 import AsyncClient
from httpx2 import Response as Received
from pydantic import Field
from sqlalchemy import select

from app.api.deps import SessionDep
from app.api.idempotency import IdempotencyDep
from app.core.config import Settings
from app.db.models.idempotency_key import IdempotencyKey
from app.db.session import Database
from app.main import create_app
from app.schemas.base import Schema
from tests.platform.support import Account

Headers = Callable[[Account], dict[str, str]]


class Counted(Schema):
    number: int = Field(serialization_alias="count")
    nothing: str | None = None
    secret: str = "hidden"


async def count(idempotency: IdempotencyDep, response: Response) -> Any:
    async def make() -> Counted:
        response.headers["Location"] = "/count/7"
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return Counted(number=7)

    return await idempotency.run(make)


async def return_nothing(idempotency: IdempotencyDep) -> Any:
    async def make() -> None:
        pass

    return await idempotency.run(make)


async def return_own_response(idempotency: IdempotencyDep) -> Any:
    async def make() -> Response:
        return Response("by itself")

    return await idempotency.run(make)


async def leave_the_transaction(session: SessionDep, idempotency: IdempotencyDep) -> Any:
    async def make() -> Counted:
        await session.rollback()
        await session.execute(select(1))
        return Counted(number=7)

    return await idempotency.run(make)


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    app.post("/plain", response_model=Counted, operation_id="count_plainly")(count)
    counted = app.post(
        "/count",
        status_code=201,
        response_model=Counted,
        response_model_exclude={"secret"},
        response_model_exclude_none=True,
    )
    counted(count)
    app.post("/nothing", status_code=204, response_model=None)(return_nothing)
    app.post("/by-itself", response_model=None)(return_own_response)
    app.post("/elsewhere", response_model=Counted)(leave_the_transaction)
    return app


@pytest.fixture
def headers(owner: Account, sign_in: Headers) -> dict[str, str]:
    return sign_in(owner) | {"Idempotency-Key": "a-key"}


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/count", 201, b'{"count":7}'),
        ("/plain", 200, b'{"count":7,"nothing":null,"secret":"hidden"}'),
        ("/nothing", 204, b""),
    ],
)
async def test_a_key_changes_no_response(
    client: AsyncClient,
    owner: Account,
    headers: dict[str, str],
    sign_in: Headers,
    path: str,
    status: int,
    body: bytes,
) -> None:
    plain, first, again = [
        await client.post(path, headers=sent) for sent in (sign_in(owner), headers, headers)
    ]

    assert plain.status_code == first.status_code == again.status_code == status
    assert plain.content == first.content == again.content == body
    assert own_headers(plain) == own_headers(first) == own_headers(again)
    assert again.headers["idempotency-replayed"] == "true"


def own_headers(response: Received) -> list[tuple[str, str]]:
    """Returns the headers that the route has made; the framework gives nothing a content type."""
    left_out = {"x-request-id", "idempotency-replayed"}
    if response.status_code == 204:
        left_out.add("content-type")
    pairs = response.headers.multi_items()
    return sorted(pair for pair in pairs if pair[0] not in left_out)


def test_a_replay_is_described(app: FastAPI) -> None:
    [response, _] = app.openapi()["paths"]["/count"]["post"]["responses"].values()

    assert set(response["headers"]) == {"Idempotency-Replayed"}


@pytest.mark.parametrize("path", ["/by-itself", "/elsewhere"])
async def test_a_response_that_cannot_be_stored_is_an_error_of_the_route(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str], path: str
) -> None:
    assert (await client.post(path, headers=headers)).status_code == 500
    async with database.session(tenant_id=owner.tenant_id) as session:
        assert (await session.scalars(select(IdempotencyKey))).all() == []


@pytest.mark.parametrize(
    "body", [b"hello", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b"a=1", b"{}"]
)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_key_is_for_json(
    client: AsyncClient, headers: dict[str, str], kind: str, body: bytes
) -> None:
    sent = headers | ({"Content-Type": kind} if kind else {})
    response = await client.post("/nothing", headers=sent, content=body)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


async def test_a_request_without_a_body_may_be_repeated(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    for _ in range(2):
        response = await client.post("/nothing", headers=headers)
        assert response.status_code == 204
    assert response.headers["idempotency-replayed"] == "true"
