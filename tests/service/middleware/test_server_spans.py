"""What becomes of it in a process, and in its log, is in the template's tests of processes."""

from contextlib import nullcontext

import pytest
from fastapi import FastAPI, WebSocket
from httpx2 import AsyncClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer, format_span_id, get_current_span
from starlette.middleware import Middleware

from app import edge, lifespan
from app.core.config import Settings
from app.core.http.trace import trace_headers
from app.edge import make_middleware
from app.extension_points import Extensions
from app.main import create_app
from service.support.spans import make_tracer
from service.support.websockets import connecting

Tracing = tuple[Tracer, InMemorySpanExporter]

ENDPOINT = "http://127.0.0.1:1"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
RECORDED = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01", "tracestate": "shop=7,b=a:c"}


def names(layers: list[Middleware]) -> list[str]:
    return [getattr(layer.cls, "__name__", "") for layer in layers]


def test_the_layer_follows_the_ids_of_the_request(settings: Settings) -> None:
    traced = settings.model_copy(update={"otel_exporter_otlp_endpoint": ENDPOINT})
    without = names(make_middleware(settings, Extensions()))
    layers = names(make_middleware(traced, Extensions()))

    assert layers[layers.index("RequestContextMiddleware") + 1] == "ServerSpansMiddleware"
    assert [name for name in layers if name != "ServerSpansMiddleware"] == without


@pytest.fixture
def tracing() -> Tracing:
    return make_tracer(ratio=0)


@pytest.fixture
def app(settings: Settings, tracing: Tracing, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """An application whose spans end here, of which only a caller decides what is recorded."""
    monkeypatch.setattr(edge, "get_tracer", lambda _: tracing[0])
    monkeypatch.setattr(lifespan, "open_tracing", lambda *_: nullcontext())
    changed = {"otel_exporter_otlp_endpoint": ENDPOINT, "websockets_enabled": True}
    app = create_app(settings.model_copy(update=changed))

    @app.get("/ids/{name}")
    async def show_ids(name: str) -> dict[str, str]:
        return trace_headers() | {"current": format_span_id(current_span_id())}

    @app.websocket("/open/{name}")
    async def open_it(websocket: WebSocket) -> None:
        await websocket.accept()

    return app


def current_span_id() -> int:
    return get_current_span().get_span_context().span_id


async def test_a_recorded_request_has_one_span(client: AsyncClient, tracing: Tracing) -> None:
    response = await client.get("/ids/ann?q=1", headers=RECORDED)

    [span] = tracing[1].get_finished_spans()
    assert (span.name, span.attributes) == (
        "GET /ids/{name}",
        {
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "http.route": "/ids/{name}",
            "url.scheme": "http",
        },
    )
    ids = response.json()
    assert span.context is not None
    span_id = format_span_id(span.context.span_id)
    assert ids["traceparent"] == f"00-{TRACE_ID}-{span_id}-01"
    assert ids["tracestate"] == RECORDED["tracestate"]
    assert ids["current"] == span_id
    assert span.context.trace_state.to_header() == RECORDED["tracestate"]


async def test_a_request_that_is_not_recorded_keeps_its_ids(
    client: AsyncClient, tracing: Tracing
) -> None:
    ids = (await client.get("/ids/ann")).json()

    assert ids["traceparent"].startswith(f"00-{ids['x-request-id']}-")
    assert ids["traceparent"].endswith(f"-{ids['current']}-00")
    assert tracing[1].get_finished_spans() == ()


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/nope", "GET"),
        ("BREW", "/ids/ann", "_OTHER"),
    ],
)
async def test_a_span_without_a_route_is_named_by_a_known_method(
    client: AsyncClient, tracing: Tracing, method: str, path: str, name: str
) -> None:
    await client.request(method, path, headers=RECORDED)

    assert [span.name for span in tracing[1].get_finished_spans()] == [name]


async def test_probes_have_no_span(client: AsyncClient, tracing: Tracing) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        await client.get(path, headers=RECORDED)

    assert tracing[1].get_finished_spans() == ()


async def test_a_handshake_has_a_span(app: FastAPI, tracing: Tracing) -> None:
    async with connecting(app, "/open/ann", RECORDED) as socket:
        await socket.next()

    [span] = tracing[1].get_finished_spans()
    assert span.name == "GET /open/{name}"
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 101
