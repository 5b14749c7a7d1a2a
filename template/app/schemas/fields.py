"""Types of values that several wire types have."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.core.credentials.emails import MAX_EMAIL_LENGTH, parse_email


def _on_one_line(name: str) -> str:
    """Refuses what would break the line, or turn its direction, wherever the name is shown."""
    if any(unicodedata.category(each) in _BREAKING or each in _TURNING for each in name):
        raise ValueError("must be one line of text")
    return name


# Control characters, halves of characters, separators of lines and paragraphs.
_BREAKING = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Email = Annotated[
    str,
    Field(max_length=MAX_EMAIL_LENGTH, json_schema_extra={"format": "email"}),
    AfterValidator(parse_email),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_on_one_line),
]
Token = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# Judged by core/security.py: how long it may be is for the setting to say.
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
