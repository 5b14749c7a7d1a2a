"""What every request passes, and what the edge does not do for it: this keeps it cheap."""

import gc
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.config import Settings
from app.extension_points import Extensions
from app.main import create_app
from app.middleware.exchange import Exchange

LAYERS = [
    # FastAPI's own, which cost a microsecond together: errors and telemetry need them.
    "ServerErrorMiddleware",
    "ExceptionTelemetryMiddleware",
    "AppBodyLimitMiddleware",
    # The edge.
    "ExchangeMiddleware",
    "TrustedProxiesMiddleware",
    "RequestContextMiddleware",
    "SecurityHeadersMiddleware",
    "CatchAllMiddleware",
    "TrustedHostsMiddleware",
    "ProblemCORSMiddleware",
    "HeadLimitsMiddleware",
    "ConcurrencyMiddleware",
    "RateLimitMiddleware",
    "WebsocketsMiddleware",
    "BodyLimitsMiddleware",
    "WellFormedMiddleware",
    "HeadMethodMiddleware",
    # The team's.
    "WatchMiddleware",
    # FastAPI's own again: handlers of errors, and files to close.
    "ExceptionMiddleware",
    "AsyncExitStackMiddleware",
]
BODY = [(b"content-type", b"application/json; charset=latin-1"), (b"content-length", b"1")]


class WatchMiddleware:
    """A team's middleware that notes what it is called with."""

    calls: ClassVar[list[tuple[Receive, Send]]] = []

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls.append((receive, send))
        await self.app(scope, receive, send)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    limited = {"rate_limit_enabled": True, "rate_limit_requests": 3}
    changed = settings.model_copy(update=limited)
    return create_app(changed, Extensions(middleware=[Middleware(WatchMiddleware)]))


@pytest.fixture
async def state(app: FastAPI) -> AsyncIterator[Any]:
    async with app.router.lifespan_context(app) as state:
        yield state


def walk(app: FastAPI) -> Iterator[ASGIApp]:
    layer: Any = app.build_middleware_stack()
    while layer is not app.router:
        yield layer
        layer = layer.app


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def get(
    app: FastAPI, state: Any, path: str, *headers: tuple[bytes, bytes], method: str = "GET"
) -> int:
    """Requests as a server does, without a client that makes headers of its own."""
    started: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])

    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"service.test"), *headers],
        "client": ("192.0.2.1", 1234),
        "state": dict(state),
    }
    await app(scope, receive, send)
    return started[0]


def test_these_layers_stand_and_no_other(app: FastAPI) -> None:
    layers = list(walk(app))

    assert [type(layer).__name__ for layer in layers] == LAYERS
    # Its tasks break context variables and streams, and it halves the throughput.
    assert not any(isinstance(layer, BaseHTTPMiddleware) for layer in layers)


async def test_send_is_wrapped_once_and_receive_where_there_is_a_body(
    app: FastAPI, state: Any
) -> None:
    WatchMiddleware.calls.clear()
    await get(app, state, "/health/live")
    await get(app, state, "/health/live", (b"content-length", b"1"))

    [(plain, send), (with_body, _)] = WatchMiddleware.calls
    assert (plain is receive, with_body is receive) == (True, False)
    assert send.__qualname__ == "ExchangeMiddleware.__call__.<locals>.send_completed"


async def test_no_layer_makes_headers(
    app: FastAPI, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers: list[str] = []
    make = Headers.__init__

    def note(headers: Headers, *args: Any, **kwargs: Any) -> None:
        maker = sys._getframe(1)
        # Through a property of a request there is one frame between.
        frames = (maker, maker.f_back)
        makers.extend(frame.f_globals["__name__"] for frame in frames if frame)
        make(headers, *args, **kwargs)

    monkeypatch.setattr(Headers, "__init__", note)
    paths = ["/health/live", *["/nope"] * 4]
    statuses = [await get(app, state, path) for path in paths]

    assert statuses == [200, 404, 404, 404, 429]
    assert makers
    assert [maker for maker in makers if maker.startswith("app.")] == []


async def test_a_request_leaves_nothing_to_the_garbage_collector(app: FastAPI, state: Any) -> None:
    """Two things that hold each other are only found by it: time, and memory until then."""
    gc.collect()
    gc.disable()
    try:
        paths = ["/health/live", "/nope", "/api/v1/auth/me", "/nope%00", "/nope", "/nope"]
        statuses = [await get(app, state, path) for path in paths]
        # Refused while the framework reads it.
        statuses.append(await get(app, state, "/api/v1/auth/register", *BODY, method="POST"))
        WatchMiddleware.calls.clear()
        # A task of an earlier test may still hold those of its own application.
        found = [each for each in gc.get_objects() if type(each) is Exchange]
        left = [each for each in found if each.scope["app"] is app]
    finally:
        gc.enable()

    assert statuses == [200, 404, 401, 404, 429, 429, 415]
    assert left == []
