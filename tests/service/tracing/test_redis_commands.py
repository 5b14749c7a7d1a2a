from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer, use_span
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.tracing.redis_commands import redis_commands_traced

SECRET = "Zp3kVd0Rw9sXq7Lm"


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that knows GET."""

    async def execute(_: Redis, *args: Any, **__: Any) -> str:
        if args[0] != "GET":
            raise ResponseError(SECRET)
        return SECRET

    monkeypatch.setattr(Redis, "execute_command", execute)


async def test_a_command_has_a_span_without_keys_and_values(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with redis_commands_traced(tracer), use_span(parent):
        assert await Redis().get(SECRET) == SECRET

    [span] = exported.get_finished_spans()
    assert (span.name, span.parent) == ("GET", parent.get_span_context())
    assert SECRET not in span.to_json()


async def test_a_command_that_fails_says_with_what(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with redis_commands_traced(tracer), use_span(parent), pytest.raises(ResponseError):
        await Redis().set(SECRET, SECRET)

    [span] = exported.get_finished_spans()
    assert span.attributes is not None
    assert (span.name, span.attributes["error.type"]) == ("SET", "ResponseError")
    assert SECRET not in span.to_json()


async def test_a_command_of_no_recorded_request_has_none(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with redis_commands_traced(tracer):
        await Redis().get("a")

    assert exported.get_finished_spans() == ()
