"""A span for each SQL statement of a recorded request: its text, and never its values."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from app.tracing.spans import current_is_recorded, fail

MAX_TEXT = 2000
_OPERATION = re.compile(r"[A-Za-z]+")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$])[0-9]+(?:\.[0-9]+)?")
# Escapes, other quotes and comments: where a value ends is then for the database to tell.
_UNSURE = re.compile(r"\\|\$\w*\$|--|/\*")
_SPAN = "span"


@contextmanager
def statements_traced(tracer: Tracer) -> Iterator[None]:
    """Follows every engine of the process, those of the team included."""

    def start(conn: Connection, _: Any, statement: str, *__: object) -> None:
        if current_is_recorded():
            name, attributes = describe(conn.dialect.name, statement)
            conn.info[_SPAN] = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def end(conn: Connection, *_: object) -> None:
        if span := conn.info.pop(_SPAN, None):
            span.end()

    def end_failed(context: ExceptionContext) -> None:
        if context.connection and (span := context.connection.info.pop(_SPAN, None)):
            fail(span, context.original_exception)
            if code := getattr(context.original_exception, "sqlstate", None):
                span.set_attribute("db.response.status_code", code)
            span.end()

    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": start,
        "after_cursor_execute": end,
        "handle_error": end_failed,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


@lru_cache(maxsize=1024)
def describe(system: str, statement: str) -> tuple[str, dict[str, str]]:
    """Returns the name of a span, and what is told of the statement."""
    found, table = _OPERATION.search(statement), _TABLE.search(statement)
    operation = found[0].upper() if found else system
    attributes = {"db.system.name": system, "db.operation.name": operation}
    shown = _LITERAL.sub("?", statement)
    if not (_UNSURE.search(statement) or "'" in shown):
        attributes["db.query.text"] = shown[:MAX_TEXT]
    return f"{operation} {table[1]}" if table else operation, attributes
