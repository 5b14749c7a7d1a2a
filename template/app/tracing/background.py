"""A span for each piece of work behind the response, such as a mail, by the function that does it."""

from contextlib import AbstractContextManager
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from starlette.background import BackgroundTask

from app.tracing.spans import child_span, current_is_recorded, replaced


def background_traced(tracer: Tracer) -> AbstractContextManager[None]:
    def make(run: Any) -> Any:
        async def run_traced(task: BackgroundTask) -> None:
            if not current_is_recorded():
                await run(task)
                return
            function = _name_of(task.func)
            attributes = {"code.function.name": function}
            with child_span(tracer, f"background {function}", SpanKind.INTERNAL, attributes):
                await run(task)

        return run_traced

    return replaced(BackgroundTask, "__call__", make)


def _name_of(function: Any) -> str:
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"
