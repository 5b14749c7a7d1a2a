"""The span of a request. What an edge knows is in it once the last byte is sent."""

from opentelemetry import context, trace
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.probes import is_from_platform
from app.core.http.trace import Trace
from app.core.http.trace import trace as current_trace
from app.middleware.exchange import Exchange
from app.middleware.head_limits import METHODS
from app.middleware.state import get_edge_state, get_exchange
from app.tracing.ids import ids_of

_SPAN = "server_span"


class ServerSpansMiddleware:
    """Starts the span of a request, with the ids that its lines in the log have."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer) -> None:
        self.app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        exchange = get_exchange(scope)
        if exchange.trace is None or is_from_platform(exchange.method, exchange.path):
            await self.app(scope, receive, send)
            return
        span = _start(self._tracer, exchange.method, exchange.trace)
        is_sampled = span.get_span_context().trace_flags.sampled
        exchange.trace = exchange.trace._replace(is_sampled=is_sampled)
        scope["state"][_SPAN] = span
        trace_token = current_trace.set(exchange.trace)
        token = context.attach(trace.set_span_in_context(span))
        try:
            await self.app(scope, receive, send)
        finally:
            context.detach(token)
            current_trace.reset(trace_token)


def end_server_span(exchange: Exchange) -> None:
    span: Span | None = exchange.scope["state"].pop(_SPAN, None)
    if span is None or not span.is_recording():
        return
    status, route = exchange.status or 500, exchange.route
    method = exchange.method if exchange.method in METHODS else "_OTHER"
    span.set_attributes(
        {
            "http.request.method": method,
            "http.response.status_code": status,
            "url.scheme": exchange.scope["scheme"],
        }
    )
    span.update_name(f"{method} {route}" if route else method)
    if route:
        span.set_attribute("http.route", route)
    principal = get_edge_state(exchange.scope).get("principal")
    if principal and principal.tenant_id:
        span.set_attribute("tenant.id", str(principal.tenant_id))
    if status >= 500:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _start(tracer: Tracer, name: str, of: Trace) -> Span:
    with ids_of(of):
        return tracer.start_span(name, context=_parent(of), kind=SpanKind.SERVER)


def _parent(of: Trace) -> context.Context:
    if of.parent_id is None:
        return context.Context()
    caller = SpanContext(
        int(of.trace_id, 16),
        int(of.parent_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if of.is_sampled else TraceFlags.DEFAULT),
        trace_state=TraceState.from_header([of.state]) if of.state else None,
    )
    return trace.set_span_in_context(NonRecordingSpan(caller), context.Context())
