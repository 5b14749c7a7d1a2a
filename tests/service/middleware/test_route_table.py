"""FastAPI is the measure: each request is served with the table and without."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from fastapi.telemetry._api import _RequestTelemetry
from httpx2 import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Match, Route
from starlette.types import Message, Receive, Scope, Send

from app.core.config import Settings
from app.main import create_app
from app.middleware.route_table import RouteTable, route_template
from tests.platform.support import running

PATHS = (
    "/api/v1/orders/export",
    "/api/v1/orders/mine",
    "/api/v1/orders/fixed",
    "/api/v1/orders/a%2Fb",
    "/api/v1/orders/7b0f6f1e-6f2d-4d43-8f37-3a4a4a4a4a4a",
    "/api/v1/orders/7/pages/2",
    "/api/v1/orders/7/pages/x",
    "/api/v1/orders",
    "/api/v1/orders/",
    "/api/v1/feed",
    "/api/plain/7",
    "/api/files/a/b",
    "/static/hidden",
    "/static",
    "/direct/7",
    "/direct/7/8",
    "/beta",
    "/nope",
    "",
)


class BetaRoute(APIRoute):
    """Matches only with a header."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if b"x-beta" in dict(scope["headers"]) else (Match.NONE, {})


class ClosedRouter(APIRouter):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return Match.NONE, {}


async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"mounted at {scope['root_path']}")(scope, receive, send)


async def show(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


async def get_text(request: Request) -> str:
    return f"{request.scope['route'].name} {request.path_params}"


@pytest.fixture
def seen() -> list[Scope]:
    return []


@pytest.fixture
def app(seen: list[Scope]) -> FastAPI:
    async def note(request: Request) -> None:
        seen.append({**request.scope, "fastapi": {**request.scope["fastapi"]}})
        request.scope["fastapi"]["of this request"] = True

    async def get_page(order_id: str, page: int) -> str:
        return f"{order_id} {page}"

    async def get_order(order_id: UUID) -> str:
        return f"the order {order_id}"

    orders = APIRouter(prefix="/orders", form_limits={"max_files": 7})
    for name in ("export", "mine"):
        orders.add_api_route(f"/{name}", get_text, name=name)
    orders.add_api_route("/{order_id}", get_text, methods=["DELETE"], name="delete")
    orders.add_api_route("/{order_id}/pages/{page:int}", get_page)
    orders.add_api_route("/{order_id}", get_order)
    orders.add_api_route("/fixed", get_text, name="behind another route")
    orders.add_api_websocket_route("/feed", mounted)
    beta = APIRouter(route_class=BetaRoute)
    beta.add_api_route("/api/v1/orders/mine", get_text, name="beta")
    beta.add_api_route("/beta", get_text)
    outer = APIRouter(dependencies=[Depends(note)])
    outer.include_router(orders, prefix="/v1")
    outer.routes.append(Route("/plain/{name}", show))
    outer.mount("/files", mounted)

    app = FastAPI(openapi_url=None, redirect_slashes=False, form_limits={"max_fields": 9})
    app.include_router(beta, dependencies=[Depends(note)])
    app.include_router(outer, prefix="/api")
    app.mount("/static", mounted)
    app.add_api_route("/static/hidden", get_text, name="behind a mount")
    app.add_api_route("/direct/{name}", get_text, dependencies=[Depends(note)])
    return app


async def record(app: FastAPI, seen: list[Scope], method: str, path: str, **headers: str) -> Any:
    """Returns the response, what is said of the route, and what the route found in its scope."""
    scopes: list[Scope] = []
    telemetry = _RequestTelemetry(span=None, span_method="GET")

    async def traced(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append({**scope, "fastapi.telemetry": telemetry})
        await app(scopes[0], receive, send)

    async with AsyncClient(transport=ASGITransport(app=traced), base_url="http://a.test") as client:
        response = await client.request(method, path, headers=headers)
    found = seen.pop() if seen else {}
    # Of these each request has its own.
    for key in {key for key in found if key.endswith("astack")} | {"fastapi.telemetry"}:
        found[key] = None
    return response.status_code, response.text, telemetry.route, route_template(scopes[0]), found


async def check(
    app: FastAPI,
    seen: list[Scope],
    path: str,
    *,
    method: str = "GET",
    outside: FastAPI | None = None,
) -> str:
    router = app.router
    router.middleware_stack = router.app
    expected = await record(outside or app, seen, method, path)
    router.middleware_stack = RouteTable(router)
    for _ in range(2):
        assert await record(outside or app, seen, method, path) == expected
    text: str = expected[1]
    return text


@pytest.mark.parametrize("path", PATHS)
async def test_a_route_is_given_what_fastapi_gives_it(
    app: FastAPI, seen: list[Scope], path: str
) -> None:
    for method in ("GET", "DELETE", "OPTIONS", "BREW"):
        await check(app, seen, path, method=method)


async def test_a_route_may_refuse_what_its_path_matches(app: FastAPI, seen: list[Scope]) -> None:
    app.router.middleware_stack = RouteTable(app.router)
    path = "/api/v1/orders/mine"

    assert "mine" in (await record(app, seen, "GET", path))[1]
    assert "beta" in (await record(app, seen, "GET", path, **{"X-Beta": "1"}))[1]


@pytest.mark.parametrize(
    ("kind", "found"), [("host", "mounted"), ("router", "Not Found"), ("page", "it")]
)
async def test_routes_without_a_path_are_left_to_fastapi(
    app: FastAPI, seen: list[Scope], tmp_path: Path, kind: str, found: str
) -> None:
    if kind == "host":
        app.router.routes.insert(0, Host("a.test", mounted))
    elif kind == "router":
        own = ClosedRouter()
        own.add_api_route("/pages/{name}", get_text, name="own")
        app.include_router(own)
        app.router.routes.insert(0, app.router.routes.pop())
    else:
        (tmp_path / "x.txt").write_text("it is")
        app.router.frontend("/pages", directory=tmp_path)

    for path in PATHS:
        await check(app, seen, path)
    assert found in await check(app, seen, "/pages/x.txt")


async def test_routes_may_be_added_to_a_running_application(
    app: FastAPI, seen: list[Scope]
) -> None:
    app.router.middleware_stack = RouteTable(app.router)
    assert (await record(app, seen, "GET", "/late"))[0] == 404

    late = APIRouter()
    app.include_router(late)
    late.add_api_route("/late", get_text, name="late")
    assert (await record(app, seen, "GET", "/late"))[0] == 200
    app.mount("/later", mounted)
    assert (await record(app, seen, "GET", "/later/x"))[1] == "mounted at /later"


async def test_below_a_root_path_and_in_another_application_it_is_the_same(
    app: FastAPI, seen: list[Scope]
) -> None:
    outside = FastAPI(openapi_url=None)
    outside.mount("/inside", app)
    assert "7" in await check(app, seen, "/inside/direct/7", outside=outside)

    app.root_path = "/shop"
    assert "7" in await check(app, seen, "/shop/direct/7")


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/api/v1/orders/export", "/api/v1/orders/export"),
        ("HEAD", "/api/v1/orders/export", "/api/v1/orders/export"),
        ("DELETE", "/api/v1/orders/export", "/api/v1/orders/{order_id}"),
        ("POST", "/api/v1/orders/7", "/api/v1/orders/{order_id}"),
        ("GET", "/api/v1/orders/7/pages/2", "/api/v1/orders/{order_id}/pages/{page:int}"),
        ("GET", "/api/v1/orders/7/pages/x", None),
        ("GET", "/api/v1/orders", None),
        ("GET", "/static/a/b", "/static"),
        ("GET", "/", None),
    ],
)
def test_the_template_of_a_path_is_found(
    app: FastAPI, method: str, path: str, template: str | None
) -> None:
    assert RouteTable(app.router).find_template(method, path) == template


def test_without_a_route_there_is_none() -> None:
    assert RouteTable(APIRouter()).find_template("GET", "/") is None
    assert route_template({"type": "http"}) is None


@pytest.mark.parametrize("requests", [1, 9])
async def test_a_request_is_matched_once_also_when_it_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    """Matched by the table alone: no router looks for the route."""
    limited = {"rate_limit_enabled": True, "rate_limit_requests": 4}
    app = create_app(settings.model_copy(update=limited))
    tried: list[str] = []
    searched: list[str] = []
    matches, find = APIRoute.matches, RouteTable._find

    def note_match(route: APIRoute, scope: Scope) -> tuple[Match, Scope]:
        tried.append(route.path)
        return matches(route, scope)

    def note_find(table: RouteTable, method: str, path: str) -> Any:
        searched.append(path)
        return find(table, method, path)

    async with running(app) as client:
        monkeypatch.setattr(APIRoute, "matches", note_match)
        monkeypatch.setattr(RouteTable, "_find", note_find)
        statuses = [(await client.get("/api/v1/auth/me")).status_code for _ in range(requests)]

    assert statuses == [401] * min(requests, 4) + [429] * max(0, requests - 4)
    assert len(tried) == min(requests, 4)
    assert searched == ["/api/v1/auth/me"] * requests


async def test_routes_are_read_when_the_application_starts(
    app: FastAPI, seen: list[Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not by the first request, which would wait for it, and others with it."""
    app.router.middleware_stack = RouteTable(app.router)

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        assert message["type"].endswith(".complete")

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    monkeypatch.setattr(RouteTable, "_read_routes", None)

    assert (await record(app, seen, "GET", "/direct/7"))[0] == 200
    assert (await record(app, seen, "GET", "/nope"))[0] == 404
