"""Fields of a line of the log that hold a secret by their name."""

import re
from collections.abc import Mapping
from functools import lru_cache

REDACTED = "[redacted]"
_SECRET = re.compile(
    r"(password|passwd|secret|token|cookie|authorization|dsn|(api|private)[_-]?key)s?$",
    re.IGNORECASE,
)
# Deeper ones are rare, and a dict may hold itself.
_DEPTH = 3


def redact(fields: Mapping[str, object], depth: int = _DEPTH) -> dict[str, object]:
    """Returns the fields without the values of those whose name ends like that of a secret."""
    return {name: _redact_value(name, value, depth) for name, value in fields.items()}


def _redact_value(name: str, value: object, depth: int) -> object:
    if _names_secret(str(name)):
        return REDACTED
    if isinstance(value, dict):
        return redact(value, depth - 1) if depth else REDACTED
    return value


@lru_cache(maxsize=1000)
def _names_secret(name: str) -> bool:
    return _SECRET.search(name) is not None
