from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from app.core.config import Settings
from app.extension_points import Extensions
from app.main import create_app

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def operations(app: FastAPI) -> list[dict[str, Any]]:
    paths = app.openapi()["paths"].values()
    return [path[method] for path in paths for method in METHODS & path.keys()]


def test_every_error_is_described_as_a_problem(operations: list[dict[str, Any]]) -> None:
    for operation in operations:
        assert operation["responses"]["default"]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
        assert "422" not in operation["responses"]


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


def test_headers_of_answers_are_described(app: FastAPI) -> None:
    paths = app.openapi()["paths"]

    assert headers_of(paths["/api/v1/tenant"]["get"]) == {"ETag"}
    assert headers_of(paths["/api/v1/tenant"]["patch"]) == {"ETag"}
    assert headers_of(paths["/api/v1/tenant"]["delete"]) == set()
    assert headers_of(paths["/api/v1/tenants"]["get"]) == {"Link"}


def headers_of(operation: dict[str, Any]) -> set[str]:
    responses = operation["responses"].items()
    return {name for status, each in responses if status < "3" for name in each.get("headers", ())}
