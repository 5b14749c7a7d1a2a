"""JSON that every reader understands alike, and that a database can hold."""

import json
import re
from math import isinf
from typing import Any

from pydantic_core import from_json

# Behind an even number of backslashes, or none: an odd one escapes the backslash of \u0000 itself.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def is_json(content_type: str) -> bool:
    """Whether a body of this type is read as JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def check_json(text: bytes) -> None:
    """Refuses what RFC 8259 forbids, and what it leaves to each reader (RFC 7493, I-JSON).

    That is any encoding but UTF-8, half a surrogate pair, NaN, numbers beyond a float, a key that
    stands twice in one object, nesting without end; and NUL, which PostgreSQL does not store.

    Raises:
        ValueError: the text is not such JSON. The message says where or why, and repeats nothing.
    """
    from_json(text, allow_inf_nan=False)
    if _NUL.search(text):
        raise ValueError("a string has a NUL character")
    json.loads(text, object_pairs_hook=_refuse_repetition, parse_float=_refuse_infinity)


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in one object")


def _refuse_infinity(number: str) -> None:
    if isinf(float(number)):
        raise ValueError("a number is out of range")
