"""The application class: FastAPI, described as it really responds."""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.middleware.problems import MEDIA_TYPE
from app.middleware.route_table import RouteTable
from app.schemas.problem import Problem

# Headers of responses, by the parameter or the property of the response that they go with.
_HEADERS = {
    "after": ("Link", "The next page (RFC 8288); none at the end."),
    "Idempotency-Key": ("Idempotency-Replayed", "`true` on the response of an earlier request."),
    "etag": ("ETag", "The version, for `If-Match`."),
}

TOKEN_URL = "/api/v1/auth/token"  # noqa: S105 - a path

_VERSION = re.compile("/api/v([0-9]+)/")


class Application(FastAPI):
    """FastAPI whose OpenAPI document says that every error is a problem (RFC 9457)."""

    def __init__(self, *, behind: str = "", **options: Any) -> None:
        self._behind = behind
        super().__init__(
            # The pages of FastAPI load scripts from another host: app/api/docs.py serves ours.
            docs_url=None,
            redoc_url=None,
            # The framework's own telemetry costs 7 % of a small request, configured or not.
            telemetry={"tracing": False, "metrics": False, "logs": False},
            responses={"default": {"model": Problem, "description": "A problem"}},
            generate_unique_id_function=_operation_id,
            **options,
        )
        self.table = RouteTable(self.router)
        self.router.middleware_stack = self.table

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        _name_token_url(schema, f"{self._behind}{TOKEN_URL}")
        problem = {"$ref": f"#/components/schemas/{_problem_name(schema)}"}
        for path in schema["paths"].values():
            for operation in path.values():
                _describe_errors(operation["responses"], problem)
                _describe_headers(operation, schema)
        return schema


def _problem_name(schema: dict[str, Any]) -> str:
    """Returns what FastAPI calls the model: two of one name get those of their modules, too."""
    qualified = f"{Problem.__module__}.{Problem.__name__}".replace(".", "__")
    return qualified if qualified in schema["components"]["schemas"] else Problem.__name__


def _name_token_url(schema: dict[str, Any], url: str) -> None:
    """Names it from the root of the host: readers disagree about what else it is relative to."""
    for scheme in schema["components"]["securitySchemes"].values():
        for flow in scheme.get("flows", {}).values():
            if flow.get("tokenUrl") == TOKEN_URL:
                flow["tokenUrl"] = url


def _describe_errors(responses: dict[str, Any], problem: dict[str, str]) -> None:
    """Adds the problem to what a route says of its errors: what is refused before it is one."""
    for status, response in responses.items():
        if status[0] in "45" or status == "default":
            # FastAPI describes the default as of the route's media type.
            content = {
                media_type: each
                for media_type, each in response.get("content", {}).items()
                if each.get("schema") != problem
            }
            response["content"] = {**content, MEDIA_TYPE: {"schema": problem}}


def _describe_headers(operation: dict[str, Any], schema: dict[str, Any]) -> None:
    """Names the headers of success that go with a parameter, or with a property of the response."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            continue
        kinds = names | _properties(response, schema)
        headers = {
            name: {"description": text, "schema": {"type": "string"}}
            for kind, (name, text) in _HEADERS.items()
            if kind in kinds
        }
        if headers:
            response["headers"] = headers | response.get("headers", {})


def _properties(response: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """Returns the names of the properties of a JSON response."""
    content = response.get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    model = schema.get("components", {}).get("schemas", {}).get(reference.rpartition("/")[2], {})
    return set(model.get("properties", ()))


def _operation_id(route: APIRoute) -> str:
    """Names an operation by its function: generated clients get readable methods.

    Two versions may have functions of one name, and so may what lies outside the API.
    """
    if version := _VERSION.match(route.path_format):
        return route.name if version[1] == "1" else f"{route.name}_v{version[1]}"
    return re.sub(r"\W+", "_", f"{route.name}{route.path_format}").strip("_")
