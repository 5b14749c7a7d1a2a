"""Keyset pagination: a page begins after the last row of the page before, whatever came in between."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from app.core.errors import BadRequestError

DEFAULT_LIMIT = 50
MAX_LIMIT = 100

# A cursor stands in a URL.
MAX_CURSOR = 2000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Half a SHA-256, as RFC 2104 permits.
_SIGNATURE_BYTES = 16

# How JSON has each type that lists are sorted by: exactly, and no type as another.
_CODECS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "datetime": (
        lambda time: (time - _EPOCH) // _MICROSECOND,
        lambda number: _EPOCH + number * _MICROSECOND,
    ),
    "date": (date.isoformat, date.fromisoformat),
    "Decimal": (str, Decimal),
    "UUID": (str, UUID),
    "str": (str, str),
    "int": (int, int),
    "float": (float, float),
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: what its last row is sorted by, with the id as the last word."""

    value: datetime | date | Decimal | UUID | str | float
    id: UUID

    def pack(self) -> bytes:
        """Raises TypeError if the value is of another type, as None is."""
        kind = type(self.value).__name__
        if kind not in _CODECS:
            raise TypeError(f"a list is not sorted by values as {self.value!r}")
        write, _ = _CODECS[kind]
        packed = [kind, write(self.value), self.id.hex]
        return json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        kind, value, row_id = json.loads(packed)
        _, read = _CODECS[kind]
        return cls(read(value), UUID(row_id))


class WrongPositionError(Exception):
    """The position is of a list in another order."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What a list is sorted by: the name of a column, and the direction."""

    column: str
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `name`, or `-name` for descending."""
        return cls(text.removeprefix("-"), text.startswith("-"))


class Cursors:
    """Positions as clients hand them back: signed, each for one list in one order.

    `place` names the list. It is signed and not written down: the reader of a cursor knows it.
    """

    def __init__(self, secret: str) -> None:
        # A key of its own: what is signed here never passes for a token.
        self._key = hmac.digest(secret.encode(), b"cursors of lists", "sha256")

    def write(self, position: Position, place: str) -> str:
        """Raises ValueError for a longer text than a cursor holds: a thousand bytes always fit."""
        packed = position.pack()
        signed = self._sign(packed, place) + packed
        cursor = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        if len(cursor) > MAX_CURSOR:
            raise ValueError("what the list is sorted by is too long for a cursor")
        return cursor

    def read(self, cursor: str, place: str) -> Position:
        """Reads a cursor that `write` made for this place.

        Raises:
            BadRequestError: if it did not, or did with another secret.
        """
        try:
            signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            signed = b""
        signature, packed = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(packed, place)):
            raise BadRequestError("This is not a cursor of this list: begin without one")
        return Position.unpack(packed)

    def _sign(self, packed: bytes, place: str) -> bytes:
        # The place has a fixed length, so nothing of it can pass for a part of the position.
        text = sha256(place.encode()).digest() + packed
        return hmac.digest(self._key, text, "sha256")[:_SIGNATURE_BYTES]
