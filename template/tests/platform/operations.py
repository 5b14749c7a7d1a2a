"""Every operation of the service, with its policy, as the walks of tests/platform see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import WebSocketRoute

from app.api.deps import AccessToken, Opened, Permitted, get_platform_admin
from tests.samples import samples

SIGNED_IN = "signed in"
PLATFORM_ADMIN = "platform administrator"
# In place of a method: a websocket, and an application of its own, whose routes are hidden.
WEBSOCKET, MOUNT = "WEBSOCKET", "MOUNT"


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    # A permission, SIGNED_IN or PLATFORM_ADMIN; None if anybody may call it.
    policy: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(app: FastAPI) -> list[Operation]:
    return [
        Operation(method, route.path or "", policy_of(getattr(route, "dependant", None)))
        for route in iter_route_contexts(app.routes)
        for method in methods_of(route)
    ]


def callable_operations(app: FastAPI) -> list[Operation]:
    """Returns those that the walks send requests to."""
    skipped = samples.skipped
    return [each for each in operations(app) if each.method != MOUNT and str(each) not in skipped]


def methods_of(route: RouteContext) -> list[str]:
    if isinstance(route.original_route, WebSocketRoute):
        return [WEBSOCKET]
    return sorted(route.methods or [MOUNT])


def policy_of(dependant: Dependant | None) -> str | None:
    """Returns what a route demands of its caller, read from the types in its signature."""
    calls = list(_calls(dependant)) if dependant else []
    for call in calls:
        if isinstance(call, Permitted):
            return call.permission
    if get_platform_admin in calls:
        return PLATFORM_ADMIN
    return SIGNED_IN if any(isinstance(call, AccessToken) for call in calls) else None


def opened_by(app: FastAPI) -> set[type[Any]]:
    """Returns the resources that routes find in `extensions.resources`."""
    dependants = [getattr(route, "dependant", None) for route in iter_route_contexts(app.routes)]
    calls = [call for each in dependants if each for call in _calls(each)]
    return {call.kind for call in calls if isinstance(call, Opened)}


def _calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)
