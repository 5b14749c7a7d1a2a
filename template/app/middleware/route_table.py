"""Finds the route of a request in one step: FastAPI tries the routes router by router, most of them twice.

The only module that knows private names of FastAPI. The template's tests compare what a route is given here
with what FastAPI gives it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute, _EffectiveRouteContext, _IncludedRouter
from fastapi.telemetry._api import _route_selected
from starlette._utils import get_route_path
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

# Where FastAPI keeps its own things in a scope, and their keys there.
_FASTAPI = "fastapi"
_CONTEXT = "effective_route_context"
_ROUTER = "included_router"
_LIMITS = "form_limits"
_NOTHING: dict[str, Any] = {}


def route_template(scope: Scope) -> str | None:
    """Returns the path of the route that was chosen, as it was declared; None if none was."""
    # FastAPI leaves the route without the prefixes of its routers in scope["route"].
    route: Any = scope.get(_FASTAPI, _NOTHING).get(_CONTEXT) or scope.get("route")
    return getattr(route, "path", None)


@dataclass(frozen=True, slots=True)
class Entry:
    """`declared` has the path with all prefixes; what has no `route` is left to FastAPI."""

    declared: Any
    route: APIRoute | None
    scope: dict[str, Any]

    @property
    def methods(self) -> set[str] | None:
        return getattr(self.declared, "methods", None)


class RouteTable:
    """Serves requests to the routes of a router, and leaves mounts, websockets and others to FastAPI."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routers: list[APIRouter] = []
        self._by_method: dict[str, _Paths] = {}
        self._all = _Paths([])
        self._is_whole = False
        self._version = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # It takes as long as many requests, and what it makes is frozen with the rest then.
        if scope["type"] == "lifespan":
            self._read_routes()
        # There is a router where the application is mounted in another one.
        if scope["type"] != "http" or "router" in scope:
            await self._router.app(scope, receive, send)
            return
        path = get_route_path(scope)
        entry = self._find(scope["method"], path)
        route = self._choose(entry, scope) if entry is not None else None
        if route is not None:
            await route.handle(scope, receive, send)
        elif entry is None and self._is_whole and self._all.find(path) is None:
            await self._router.default(scope, receive, send)
        else:
            await self._router.app(scope, receive, send)

    def find_template(self, method: str, path: str) -> str | None:
        """Returns the template of a path, if need be under another method; None without a route."""
        entry = self._find("GET" if method == "HEAD" else method, path) or self._all.find(path)
        return entry.declared.path if entry is not None else None

    def _choose(self, entry: Entry, scope: Scope) -> APIRoute | None:
        """Fills the scope as FastAPI does; returns None if the route itself does not match."""
        if entry.route is None:
            return None
        scope[_FASTAPI] = entry.scope.copy()
        match, chosen = entry.route.matches(scope)
        if match is not Match.FULL:
            del scope[_FASTAPI]
            return None
        scope.update(chosen, router=self._router)
        _route_selected(scope=scope, path=entry.declared.path_format)
        return entry.route

    def _find(self, method: str, path: str) -> Entry | None:
        entry = self._look_up(method, path)
        if entry is None and self._version != self._read_version():
            self._read_routes()
            entry = self._look_up(method, path)
        return entry

    def _look_up(self, method: str, path: str) -> Entry | None:
        paths = self._by_method.get(method)
        return paths.find(path) if paths is not None else None

    def _read_version(self) -> int:
        # FastAPI's own walks all routes. It leaves out mounts, which the number of routes tells.
        return sum([each._routes_version + len(each.routes) for each in self._routers])

    def _read_routes(self) -> None:
        self._routers = list(_walk_routers(self._router))
        self._version = self._read_version()
        walked = list(_walk(self._router.routes, {_LIMITS: self._router.form_limits}))
        # What has no path comes before what follows it, so that is left to FastAPI as well.
        known = list(takewhile(lambda entry: hasattr(entry.declared, "path_regex"), walked))
        self._is_whole = len(known) == len(walked) and not any(
            self._router._iter_low_priority_routes()
        )
        methods = {method for entry in known for method in entry.methods or ()}
        self._by_method = {
            method: _Paths(e for e in known if e.methods is None or method in e.methods)
            for method in methods
        }
        self._all = _Paths(known)


class _Paths:
    """Some routes, as one regular expression; the first that matches counts, as with FastAPI."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {f"route_{number}": entry for number, entry in enumerate(entries)}
        regexes = (f"(?P<{name}>{_unnamed(entry)})" for name, entry in self._entries.items())
        self._regex = re.compile("|".join(regexes))
        paths = [entry.declared.path for entry in self._entries.values()]
        self._fixed = {path: self._search(path) for path in paths if "{" not in path}

    def find(self, path: str) -> Entry | None:
        return self._fixed.get(path) or self._search(path)

    def _search(self, path: str) -> Entry | None:
        match = self._regex.match(path)
        return self._entries[match.lastgroup] if match and match.lastgroup else None


def _unnamed(entry: Entry) -> str:
    """Returns the regular expression of a route, whose parameters have names that others have too."""
    pattern: str = entry.declared.path_regex.pattern
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def _walk_routers(router: APIRouter) -> Iterator[APIRouter]:
    yield router
    for each in router.routes:
        if isinstance(each, _IncludedRouter):
            yield from _walk_routers(each.original_router)


def _walk(routes: Iterable[Any], scope: dict[str, Any]) -> Iterator[Entry]:
    """Yields the routes in the order of FastAPI, with what its scope has when one is chosen."""
    for each in routes:
        if isinstance(each, _IncludedRouter) and type(each.original_router) is APIRouter:
            limits = {**scope[_LIMITS], **each.include_context.form_limits}
            yield from _walk(each.effective_candidates(), {_LIMITS: limits, _ROUTER: each})
        elif isinstance(each, _EffectiveRouteContext):
            route = each.original_route
            if isinstance(route, APIRoute):
                yield Entry(each, route, {**scope, _CONTEXT: each})
            else:
                yield Entry(each.starlette_route, None, scope)
        else:
            yield Entry(each, each if isinstance(each, APIRoute) else None, scope)
