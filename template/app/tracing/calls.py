"""A span for each call of another service. Its path and query are left out: webhooks hold secrets there."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from httpx2 import AsyncHTTPTransport, Request, Response
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from app.tracing.spans import child_span, current_is_recorded, replaced

Handle = Callable[[AsyncHTTPTransport, Request], Awaitable[Response]]

_TRACEPARENT = "traceparent"


def calls_traced(tracer: Tracer) -> AbstractContextManager[None]:
    def make(handle: Handle) -> Handle:
        async def handle_traced(transport: AsyncHTTPTransport, request: Request) -> Response:
            if not current_is_recorded():
                return await handle(transport, request)
            with child_span(tracer, request.method, SpanKind.CLIENT, _describe(request)) as span:
                _name_in(request, span)
                response = await handle(transport, request)
                _note_status(span, response.status_code)
                return response

        return handle_traced

    return replaced(AsyncHTTPTransport, "handle_async_request", make)


def _describe(request: Request) -> dict[str, str | int]:
    url = request.url
    return {
        "http.request.method": request.method,
        "server.address": url.host,
        "server.port": url.port or (443 if url.scheme == "https" else 80),
    }


def _name_in(request: Request, span: Span) -> None:
    """Makes the call the parent of what happens there, if the other service is told the trace at all."""
    if _TRACEPARENT in request.headers:
        context = span.get_span_context()
        ids = f"{context.trace_id:032x}-{context.span_id:016x}"
        request.headers[_TRACEPARENT] = f"00-{ids}-{context.trace_flags:02x}"


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))
