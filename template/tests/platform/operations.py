"""Every operation of the service, with its policy, as the walks of tests/platform see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.api.deps import Permitted, get_platform_admin, get_principal
from tests.samples import samples

SIGNED_IN = "signed in"
PLATFORM_ADMIN = "platform administrator"


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    # A permission, SIGNED_IN or PLATFORM_ADMIN; None if nothing is asked.
    policy: str | None
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(app: FastAPI) -> list[Operation]:
    schema = app.openapi()
    return [
        Operation(method, path, policy_of(dependant), sample_body(schema, method, path))
        for route in iter_route_contexts(app.routes)
        for path, dependant in [(route.path or "", getattr(route, "dependant", None))]
        for method in sorted(route.methods or ())
    ]


def policy_of(dependant: Dependant | None) -> str | None:
    """Returns what a route asks of its caller, read from the types in its signature."""
    calls = list(_calls(dependant)) if dependant else []
    for call in calls:
        if isinstance(call, Permitted):
            return call.permission
    if get_platform_admin in calls:
        return PLATFORM_ADMIN
    return SIGNED_IN if get_principal in calls else None


def _calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


def sample_body(schema: dict[str, Any], method: str, path: str) -> Any:
    """Returns a body that the operation takes, None if it takes none."""
    if f"{method} {path}" in samples.bodies:
        return samples.bodies[f"{method} {path}"]
    operation = schema["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return _sample(schema, content["application/json"]["schema"])


def _sample(schema: dict[str, Any], part: dict[str, Any]) -> Any:
    """Makes up a value by its type."""
    if "$ref" in part:
        return _sample(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    if "enum" in part:
        return part["enum"][-1]
    if "anyOf" in part:
        return _sample(schema, part["anyOf"][0])
    if part.get("type") == "object":
        fields = part.get("properties", {})
        return {name: _sample(schema, fields[name]) for name in part.get("required", ())}
    if part.get("type") == "array":
        return []
    return _SCALARS.get(part.get("format") or part["type"], "a sample of sufficient length")


_SCALARS: dict[str, Any] = {
    "boolean": True,
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "sample@example.com",
    "integer": 1,
    "number": 1,
    "uuid": "00000000-0000-4000-8000-000000000000",
}
