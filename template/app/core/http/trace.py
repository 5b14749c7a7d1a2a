"""W3C Trace Context: the trace that a request belongs to, whether a client began it or this service."""

import re
from contextvars import ContextVar
from typing import NamedTuple

from app.core.http.context import request_id

# Of a later version the fields are those of this one, and more may follow.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}"
    r"-(?P<trace_id>(?!0{32})[0-9a-f]{32})"
    r"-(?P<parent_id>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_SAMPLED = 1


class Trace(NamedTuple):
    trace_id: str
    # Of this request.
    span_id: str
    # Whether the caller records the trace. One that begins here is not recorded.
    is_sampled: bool = False


trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def continue_trace(traceparent: str, span_id: str) -> Trace | None:
    """Returns the trace that the header names; None if it is invalid, and a new trace begins."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found["more"] and traceparent.startswith("00")):
        return None
    return Trace(found["trace_id"], span_id, bool(int(found["flags"], 16) & _SAMPLED))


def trace_headers() -> dict[str, str]:
    """Returns the headers by which a service that is called finds the request's trace and id."""
    current, current_id = trace.get(), request_id.get()
    if current is None or current_id is None:
        return {}
    flags = "01" if current.is_sampled else "00"
    return {
        "traceparent": f"00-{current.trace_id}-{current.span_id}-{flags}",
        "x-request-id": current_id,
    }
