from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient, AsyncHTTPTransport, ConnectError, Request, Response
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer, format_span_id, use_span

from app.tracing.calls import calls_traced

SECRET = "Zp3kVd0Rw9sXq7Lm"
URL = f"http://user:{SECRET}@other.test/hooks/{SECRET}?token={SECRET}"
TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """A client of a service that responds with the headers of the request."""

    async def reply(_: AsyncHTTPTransport, request: Request) -> Response:
        if request.url.host == "away.test":
            raise ConnectError(SECRET)
        return Response(503, json=dict(request.headers))

    monkeypatch.setattr(AsyncHTTPTransport, "handle_async_request", reply)
    async with AsyncClient() as client:
        yield client


async def test_a_call_has_a_span_without_its_path(
    client: AsyncClient, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with calls_traced(tracer), use_span(parent):
        await client.get(URL, headers={"traceparent": TRACEPARENT})

    [span] = exported.get_finished_spans()
    assert (span.name, span.parent) == ("GET", parent.get_span_context())
    assert span.attributes == {
        "error.type": "503",
        "http.request.method": "GET",
        "http.response.status_code": 503,
        "server.address": "other.test",
        "server.port": 80,
    }
    assert SECRET not in span.to_json()


async def test_a_service_is_told_of_the_trace_if_the_caller_tells_it(
    client: AsyncClient, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with calls_traced(tracer), use_span(tracer.start_span("request")):
        told = (await client.get(URL, headers={"traceparent": TRACEPARENT})).json()
        untold = (await client.get(URL)).json()

    context = exported.get_finished_spans()[0].get_span_context()
    assert context is not None
    assert told["traceparent"].split("-")[2] == format_span_id(context.span_id)
    assert "traceparent" not in untold


async def test_a_call_of_no_recorded_request_is_left_as_it_is(
    client: AsyncClient, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with calls_traced(tracer):
        sent = (await client.get(URL, headers={"traceparent": TRACEPARENT})).json()

    assert sent["traceparent"] == TRACEPARENT
    assert exported.get_finished_spans() == ()


async def test_a_call_that_fails_says_with_what_and_not_why(
    client: AsyncClient, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with calls_traced(tracer), use_span(parent), pytest.raises(ConnectError):
        await client.get("http://away.test")

    [span] = exported.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ConnectError"
    assert SECRET not in span.to_json()
