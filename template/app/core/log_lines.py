"""What a line of the log looks like: JSON for programs or text for people, without secrets."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from pydantic_core import PydanticSerializationError, to_json

Line = Mapping[str, object]
Format = Callable[[Line], str]

# Made once: a line with `default` takes half as long again by json.dumps.
_encode = json.JSONEncoder(default=str, allow_nan=False, separators=(",", ":")).encode

# What a line begins with, and what it ends with; all between are fields.
_HEAD = ("time", "level", "logger", "message")
_EXCEPTION = "exception"
_COLORS = {"DEBUG": 36, "INFO": 32, "WARNING": 33, "ERROR": 31, "CRITICAL": 31}
_BARE = re.compile(r"[\w./:@{}+-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

REDACTED = "[redacted]"
# Fields that hold a secret by their name.
_SECRET = re.compile(
    r"(password|passwd|secret|token|cookie|authorization|dsn|(api|private)[_-]?key)s?$",
    re.IGNORECASE,
)
# Deeper ones are rare, and a dict may hold itself.
_DEPTH = 3


def as_json_fast(line: Line) -> str:
    """Encodes texts and numbers, at a fifth of the cost; whatever else there is goes the usual way."""
    try:
        text = to_json(line, inf_nan_mode="strings")
    except PydanticSerializationError:
        return as_json(line)
    # All lines are ASCII: a terminal obeys some of the other characters.
    return text.decode() if text.isascii() else as_json(line)


def as_json(line: Line) -> str:
    try:
        return _encode(line)
    except (TypeError, ValueError, RecursionError):
        # NaN, a key that is no text, a cycle: readers of JSON refuse the line, or it cannot be made.
        return json.dumps({name: str(value) for name, value in line.items()})


def as_text(line: Line) -> str:
    """Fields that are None are left out."""
    return _as_text(line, str(line["level"]))


def as_colored_text(line: Line) -> str:
    level = str(line["level"])
    return _as_text(line, f"\x1b[{_COLORS.get(level, 35)}m{level}\x1b[0m")


def _as_text(line: Line, level: str) -> str:
    words = [str(line["time"]), level, f"{line['logger']}:", _printable(str(line["message"]))]
    for name, value in line.items():
        if value is not None and name not in (*_HEAD, _EXCEPTION):
            words.append(f"{_printable(str(name))}={_quoted(str(value))}")
    # Indented, so that no text in a traceback can look like a line of the log.
    below = str(line.get(_EXCEPTION, "")).splitlines()
    return "\n".join([" ".join(words), *(f"    {_printable(each)}" for each in below)])


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text)


def _printable(text: str) -> str:
    """Returns ASCII that a terminal shows and does not obey."""
    ascii_text = text.encode("ascii", "backslashreplace").decode()
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", ascii_text)


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
