"""Every error is a problem (RFC 9457), wherever it is raised."""

import pytest
from fastapi import FastAPI, HTTPException
from httpx2 import AsyncClient, Response
from pydantic import BaseModel

from app.core.config import Settings
from app.core.errors import AppError, ConflictError
from app.extension_points import Extensions
from app.main import create_app
from app.schemas.base import Schema
from app.schemas.problem import Problem
from tests.platform.support import running


class Body(BaseModel):
    number: int


class Strict(Schema):
    numbers: tuple[int, ...] = ()


class LibraryError(Exception):
    pass


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    app = create_app(settings, Extensions(errors={LibraryError: ConflictError}))

    @app.get("/numbers")
    async def list_numbers() -> None:
        pass

    @app.post("/numbers")
    async def create_number(body: Body) -> None:
        pass

    @app.delete("/numbers/7")
    async def delete_seven() -> None:
        pass

    @app.patch("/numbers/{number}")
    async def update_number(number: int) -> None:
        pass

    @app.post("/strict")
    async def create_strict(body: Strict) -> None:
        pass

    @app.get("/raise/{kind}")
    async def fail(kind: str) -> None:
        errors = {
            "app": AppError("a detail"),
            "library": LibraryError("secret"),
            "http": HTTPException(413, headers={"X-Limit": "1"}),
            "unheard": HTTPException(499, detail={"a": "b"}),
            "detailed": HTTPException(404, detail="There is no such number"),
            "surrogate": ConflictError("\ud800"),
            "long": ConflictError("x" * 20_000),
        }
        raise errors.get(kind) or RuntimeError("secret")

    return app


def assert_problem(response: Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert list(problem) == list(Problem.model_fields)
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "secret" not in response.text


async def test_an_unknown_path_is_a_404(client: AsyncClient) -> None:
    assert_problem(await client.get("/nope"), 404, "not_found")


async def test_a_method_that_is_not_allowed(client: AsyncClient) -> None:
    response = await client.delete("/health/live")

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/numbers", "GET, HEAD, POST"),
        ("/numbers/7", "DELETE"),
        ("/api/v1/auth/me", "GET, HEAD, PATCH"),
    ],
)
async def test_every_method_that_is_allowed_is_named(
    client: AsyncClient, path: str, allowed: str
) -> None:
    response = await client.put(path)

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allowed


async def test_a_body_of_the_wrong_shape(client: AsyncClient) -> None:
    response = await client.post("/numbers", json={"number": "secret"})

    assert_problem(response, 422, "validation_failed")
    assert [error["location"] for error in response.json()["errors"]] == ["body.number"]


async def test_a_body_that_is_not_json(client: AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = await client.post("/numbers", content=b'{"number": ', headers=headers)

    assert_problem(response, 400, "malformed_json")


@pytest.mark.parametrize("content_type", ["text/plain", "image/png", "application/x-ndjson", None])
async def test_a_body_of_another_kind(client: AsyncClient, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = await client.post("/numbers", content=b'{"number": 1}', headers=headers)

    assert_problem(response, 415, "unsupported_media_type")


async def test_keys_of_the_client_are_told_when_they_are_names(client: AsyncClient) -> None:
    response = await client.post("/strict", json={"nmae": 1, "<secret>": 2, "x" * 65: 3})

    assert_problem(response, 422, "validation_failed")
    locations = [error["location"] for error in response.json()["errors"]]
    assert locations == ["body.nmae", "body", "body"]


async def test_only_the_first_invalid_values_are_listed(client: AsyncClient) -> None:
    response = await client.post("/strict", json={"numbers": ["secret"] * 1000})

    assert_problem(response, 422, "validation_failed")
    assert len(response.json()["errors"]) == 20


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("app", 500, "internal_error"),
        ("library", 409, "conflict"),
        ("http", 413, "content_too_large"),
        ("surrogate", 409, "conflict"),
        ("long", 409, "conflict"),
        ("unheard", 499, "http_499"),
        ("other", 500, "internal_error"),
    ],
)
async def test_errors_raised_by_routes(
    client: AsyncClient, kind: str, status: int, code: str
) -> None:
    assert_problem(await client.get(f"/raise/{kind}"), status, code)


async def test_headers_and_detail_of_an_error_are_kept(client: AsyncClient) -> None:
    assert (await client.get("/raise/http")).headers["x-limit"] == "1"
    assert (await client.get("/raise/detailed")).json()["detail"] == "There is no such number"


async def test_an_untrusted_host(settings: Settings) -> None:
    strict = settings.model_copy(update={"trusted_hosts": ("api.example.com",)})

    async with running(create_app(strict)) as client:
        assert_problem(await client.get("/docs"), 400, "untrusted_host")
