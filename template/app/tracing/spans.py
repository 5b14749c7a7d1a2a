"""What all spans have in common: no message of an error, which may hold what a client sent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    use_span,
)


def current_is_recorded() -> bool:
    """Whether what happens now belongs to a span that is exported, though it may have ended."""
    return get_current_span().get_span_context().trace_flags.sampled


def fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


@contextmanager
def child_span(
    tracer: Tracer, name: str, kind: SpanKind, attributes: Mapping[str, str | int]
) -> Iterator[Span]:
    span = tracer.start_span(name, kind=kind, attributes=attributes)
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as exc:
            fail(span, exc)
            raise


@contextmanager
def replaced(owner: type, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Has a class do something else in place of a method, until the end of the block."""
    original = getattr(owner, name)
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)
