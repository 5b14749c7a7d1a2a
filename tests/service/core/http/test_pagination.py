import base64
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from app.core.errors import BadRequestError
from app.core.http.pagination import MAX_CURSOR, Cursors, Position

PLACE = "the list of a tenant"
CURSORS = Cursors("a secret")
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


VALUES = [
    *(datetime.now(UTC), EARLIEST, LATEST, date(2026, 1, 31)),
    *("", 'é"\\', "1", 1, -(2**63), 0.1, Decimal("1.50"), uuid4()),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_cursor_is_read_as_it_was_written(value: Any) -> None:
    position = Position(value, uuid4())

    read = CURSORS.read(CURSORS.write(position, PLACE), PLACE)
    assert read == position
    assert type(read.value) is type(value)


@pytest.mark.parametrize("value", [None, True, (1,)])
def test_other_columns_cannot_be_sorted_by(value: Any) -> None:
    with pytest.raises(TypeError):
        CURSORS.write(Position(value, uuid4()), PLACE)


def test_a_cursor_of_a_long_text_fits() -> None:
    for text in ("\U0001f600" * 250, "é" * 500, "x" * 1000):
        assert len(CURSORS.write(Position(text, uuid4()), PLACE)) <= MAX_CURSOR
    with pytest.raises(ValueError, match="too long"):
        CURSORS.write(Position("x" * MAX_CURSOR, uuid4()), PLACE)


def test_rows_of_one_microsecond_have_their_own_cursors() -> None:
    moment = datetime.now(UTC)
    positions = [
        Position(moment, uuid4()),
        Position(moment, uuid4()),
        Position(moment + timedelta(microseconds=1), uuid4()),
    ]

    assert len({CURSORS.write(position, PLACE) for position in positions}) == 3


def test_a_cursor_is_for_one_list_and_one_secret() -> None:
    cursor = CURSORS.write(Position(datetime.now(UTC), uuid4()), PLACE)

    for cursors, place in ((CURSORS, "the list of another"), (Cursors("another"), PLACE)):
        with pytest.raises(BadRequestError):
            cursors.read(cursor, place)


def test_no_byte_can_be_changed_or_left_out() -> None:
    cursor = CURSORS.write(Position(datetime.now(UTC), uuid4()), PLACE)
    signed = base64.urlsafe_b64decode(cursor + "==")
    for place in range(len(signed)):
        changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        for text in (changed, signed[:place]):
            with pytest.raises(BadRequestError):
                CURSORS.read(base64.urlsafe_b64encode(text).decode(), PLACE)


@pytest.mark.parametrize("cursor", ["a", "é", "?", "bm9wZQ", "=" * 54, "A" * 54, "A" * 200])
def test_another_text_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequestError):
        CURSORS.read(cursor, PLACE)
