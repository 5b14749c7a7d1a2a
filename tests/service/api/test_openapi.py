from itertools import product
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel

from app.core.config import Settings
from app.extension_points import Extensions
from app.main import create_app

METHODS = {"get", "post", "put", "patch", "delete"}
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


class Refusal(BaseModel):
    reason: str


@pytest.fixture
def operations(app: FastAPI) -> list[dict[str, Any]]:
    paths = app.openapi()["paths"].values()
    return [path[method] for path in paths for method in METHODS & path.keys()]


def test_every_error_is_described_as_a_problem(operations: list[dict[str, Any]]) -> None:
    for operation in operations:
        assert operation["responses"]["default"]["content"] == PROBLEM
        assert "422" not in operation["responses"]


RESPONSES: list[dict[int | str, dict[str, Any]]] = [
    {404: {"description": "There is no such order."}},
    {404: {}},
    {"404": {"model": Refusal}},
    {"4xx": {"description": "Something is wrong."}, "5XX": {"model": Refusal}},
    {409: {"content": {"text/plain": {}}}},
    {404: {"content": {"application/json": {"example": {"reason": "none"}}}}},
    {404: {"$ref": "#/components/responses/NotFound", "description": ""}},
    {"default": {"description": "Anything else."}},
    {"default": {"model": Refusal}},
    {"default": {"content": {"text/plain": {}}}},
    {204: {"description": "There is nothing."}, 304: {"headers": {"ETag": {}}}},
    {200: {"content": {"image/png": {}}}},
]
CLASSES: list[dict[str, Any]] = [
    {},
    *({"response_class": each} for each in (HTMLResponse, PlainTextResponse)),
]
CASES = list(product(RESPONSES, CLASSES))


@pytest.fixture(scope="module")
def paths(settings: Settings) -> dict[str, Any]:
    """The paths of a service with a route for each case."""
    router = APIRouter()
    for number, (responses, options) in enumerate(CASES):

        @router.get(f"/{number}", name=f"list_{number}", responses=responses, **options)
        async def list_orders() -> None: ...

    app = create_app(settings, Extensions(routers={"/api/v1": [router]}))
    app.openapi()
    found: dict[str, Any] = app.openapi()["paths"]
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case) for case in CASES])
def test_a_route_may_describe_what_it_responds(paths: dict[str, Any], number: int) -> None:
    responses, _ = CASES[number]
    described = paths[f"/api/v1/{number}"]["get"]["responses"]

    for status, given in responses.items():
        found = described[str(status).replace("xx", "XX")]
        assert found["content" if "content" in given else "description"]
        for media_type in given.get("content", {}):
            assert media_type in found["content"]
        if "model" in given:
            assert "Refusal" in str(found["content"])
    errors = [each for status, each in described.items() if status[0] in "45d"]
    assert len(errors) > 0
    for each in errors:
        assert each["content"] | PROBLEM == each["content"]
        assert str(each["content"]).count("schemas/Problem") == 1


def test_a_service_may_have_problems_of_its_own(settings: Settings) -> None:
    router = APIRouter()
    own = type("Problem", (Refusal,), {})

    @router.get("/own-problems", responses={404: {"model": own}})
    async def list_own_problems() -> None: ...

    app = create_app(settings, Extensions(routers={"/api/v1": [router]}))
    schema = app.openapi()
    [responses] = [schema["paths"]["/api/v1/own-problems"]["get"]["responses"]]
    content = responses["404"]["content"]
    names = [each["schema"]["$ref"].rpartition("/")[2] for each in content.values()]
    fields = [schema["components"]["schemas"][name]["properties"].keys() for name in names]

    assert "reason" in fields[0]
    assert "request_id" in fields[1]


def test_operations_are_named_after_functions(operations: list[dict[str, Any]]) -> None:
    names = [operation["operationId"] for operation in operations]

    assert "create_token" in names
    assert len(set(names)) == len(names)


def test_a_name_may_come_again_in_another_version(settings: Settings) -> None:
    router = APIRouter()

    @router.get("/tenants")
    async def list_tenants() -> None: ...

    prefixes = ("/api/v2", "/api/v12", "/hooks", "")
    app = create_app(settings, Extensions(routers={prefix: [router] for prefix in prefixes}))

    paths = app.openapi()["paths"]
    assert {path: paths[path]["get"]["operationId"] for path in paths if "tenants" in path} == {
        "/api/v1/tenants": "list_tenants",
        "/api/v2/tenants": "list_tenants_v2",
        "/api/v12/tenants": "list_tenants_v12",
        "/hooks/tenants": "list_tenants_hooks_tenants",
        "/tenants": "list_tenants_tenants",
    }


def test_headers_of_responses_are_described(app: FastAPI) -> None:
    paths = app.openapi()["paths"]

    assert headers_of(paths["/api/v1/tenant"]["get"]) == {"ETag"}
    assert headers_of(paths["/api/v1/tenant"]["patch"]) == {"ETag"}
    assert headers_of(paths["/api/v1/tenant"]["delete"]) == set()
    assert headers_of(paths["/api/v1/tenants"]["get"]) == {"Link"}


def headers_of(operation: dict[str, Any]) -> set[str]:
    responses = operation["responses"].items()
    return {name for status, each in responses if status < "3" for name in each.get("headers", ())}
