"""The application class: FastAPI, described as it really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.middleware.problems import MEDIA_TYPE
from app.schemas.problem import Problem


class Application(FastAPI):
    """FastAPI whose OpenAPI document says that every error is a problem (RFC 9457)."""

    def __init__(self, **options: Any) -> None:
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

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        for path in schema["paths"].values():
            for operation in path.values():
                _describe_errors(operation["responses"])
        return schema


def _describe_errors(responses: dict[str, Any]) -> None:
    content = responses["default"]["content"]
    if "application/json" in content:
        content[MEDIA_TYPE] = content.pop("application/json")
    # A route may have errors of another form; what is refused before it is a problem all the same.
    for status, response in responses.items():
        if status.startswith("4"):
            response["content"].update(content)


def _operation_id(route: APIRoute) -> str:
    """Names an operation by its function: generated clients get readable methods."""
    return route.name
