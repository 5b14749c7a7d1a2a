"""The ids of a request are made at the edge, for its lines in the log; its span takes them over."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.core.http.trace import Trace

given: ContextVar[Trace | None] = ContextVar("given", default=None)


@contextmanager
def ids_of(trace: Trace) -> Iterator[None]:
    """Gives the ids to the one span that is started meanwhile."""
    token = given.set(trace)
    try:
        yield
    finally:
        given.reset(token)
