"""JSON that every reader understands alike, and that a database can hold."""

import json
import re
from math import isinf
from typing import Any

from pydantic_core import from_json

from app.core.limits.body_limit import JSONLimits

# Behind an even number of backslashes, or none: an odd one escapes the backslash of \u0000 itself.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Without going back: of a string that has no end, each quote in it would be tried to its end.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = b"[]{}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


def is_json(content_type: str) -> bool:
    """Whether a body of this type is read as JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def check_json(text: bytes, limits: JSONLimits) -> None:
    """Refuses what RFC 8259 forbids, and what it leaves to each reader (RFC 7493, I-JSON).

    That is any encoding but UTF-8, half a surrogate pair, NaN, numbers beyond a float, a key that
    stands twice in one object, more values or deeper nesting than the limits let; and NUL, which
    PostgreSQL does not store. The bytes were counted when they came.

    Raises:
        ValueError: the text is not such JSON. The message says where or why, and repeats nothing.
    """
    _check_outline(text, limits)
    from_json(text, allow_inf_nan=False)
    if rb"\u0000" in text and _NUL.search(text):
        raise ValueError("a string has a NUL character")
    json.loads(text, object_pairs_hook=_refuse_repetition, parse_float=_refuse_infinity)


def _check_outline(text: bytes, limits: JSONLimits) -> None:
    """Bounds what the parsers have to do, before they do it."""
    # Those inside strings count too here: small bodies, which most are, need nothing else.
    if _count_values(text) <= limits.max_values and _count_opened(text) <= limits.max_depth:
        return
    outline = _STRING.sub(b"", text)
    if _count_values(outline) > limits.max_values:
        raise ValueError(f"it has more than {limits.max_values} values")
    depth = 0
    for bracket in outline.translate(None, _ALL_BUT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limits.max_depth:
            raise ValueError(f"it nests deeper than {limits.max_depth} levels")
        if depth < 0:
            return  # it is not JSON, which a parser says better


def _count_values(text: bytes) -> int:
    """Counts the values, those that hold others included: one more for each comma and bracket."""
    return 1 + text.count(b",") + _count_opened(text)


def _count_opened(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in one object")


def _refuse_infinity(number: str) -> None:
    if isinf(float(number)):
        raise ValueError("a number is out of range")
