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
# A longer one may be dropped, which is better than a part of it.
_MAX_STATE, _MAX_MEMBERS = 512, 32
_MEMBER = re.compile(
    r"(?:[a-z][_0-9a-z*/-]{0,255}|[a-z0-9][_0-9a-z*/-]{0,240}@[a-z][_0-9a-z*/-]{0,13})"
    r"=[ -+\--<>-~]{0,255}[!-+\--<>-~]"
)


class Trace(NamedTuple):
    trace_id: str
    # Of this request.
    span_id: str
    # Whether the trace is recorded.
    is_sampled: bool = False
    # Of the caller, if the trace is that of one.
    parent_id: str | None = None
    # What the tracing systems of callers hand on, as they wrote it.
    state: str = ""


trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def continue_trace(traceparent: str, span_id: str, state: str = "") -> Trace | None:
    """Returns the trace that the header names; None if it is invalid, and a new trace begins."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found["more"] and traceparent.startswith("00")):
        return None
    is_sampled = bool(int(found["flags"], 16) & _SAMPLED)
    kept = state if _is_valid_state(state) else ""
    return Trace(found["trace_id"], span_id, is_sampled, found["parent_id"], kept)


def _is_valid_state(state: str) -> bool:
    """Whether W3C allows it: libraries write what it does not allow to the log."""
    # Not one pattern for all: blanks around commas would make it slow.
    members = [member for part in state.split(",") if (member := part.strip(" \t"))]
    is_short = len(state) <= _MAX_STATE and len(members) <= _MAX_MEMBERS
    return is_short and all(map(_MEMBER.fullmatch, members))


def trace_headers() -> dict[str, str]:
    """Returns the headers by which a service that is called finds the request's trace and id."""
    current, current_id = trace.get(), request_id.get()
    if current is None or current_id is None:
        return {}
    flags = "01" if current.is_sampled else "00"
    headers = {
        "traceparent": f"00-{current.trace_id}-{current.span_id}-{flags}",
        "x-request-id": current_id,
    }
    return headers | {"tracestate": current.state} if current.state else headers
