"""A span for each command to Redis: its name, and neither keys nor values."""

from contextlib import AbstractContextManager
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from redis.asyncio import Redis

from app.tracing.spans import child_span, current_is_recorded, replaced


def redis_commands_traced(tracer: Tracer) -> AbstractContextManager[None]:
    def make(execute: Any) -> Any:
        async def execute_traced(redis: Redis, *args: Any, **options: Any) -> Any:
            if not current_is_recorded():
                return await execute(redis, *args, **options)
            name = str(args[0]).upper()
            attributes = {"db.system.name": "redis", "db.operation.name": name}
            with child_span(tracer, name, SpanKind.CLIENT, attributes):
                return await execute(redis, *args, **options)

        return execute_traced

    return replaced(Redis, "execute_command", make)
