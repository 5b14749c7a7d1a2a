import base64
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.core.errors import BadRequestError
from app.core.pagination import Position, decode_cursor, encode_cursor


def test_a_cursor_is_read_as_it_was_written() -> None:
    position = Position(datetime.now(UTC), uuid4())

    assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"2026-11-24T00:00:00+00:00",
        b"2026-11-24T00:00:00+00:00 x",
        b"yesterday 6f1f3d5e-8b3c-4b1e-9a57-0d7f6f1f3d5e",
        b"2026-11-24T00:00:00 6f1f3d5e-8b3c-4b1e-9a57-0d7f6f1f3d5e",
        b"0001-01-01T00:00:00+23:59 6f1f3d5e-8b3c-4b1e-9a57-0d7f6f1f3d5e",
    ],
)
def test_another_text_is_refused(text: bytes) -> None:
    with pytest.raises(BadRequestError):
        decode_cursor(base64.urlsafe_b64encode(text).decode())


@pytest.mark.parametrize("cursor", ["a", "é", "?"])
def test_what_is_not_base64_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequestError):
        decode_cursor(cursor)
