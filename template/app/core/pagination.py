"""Keyset pagination: a page begins after the last row of the page before, whatever came in between."""

import base64
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from app.core.errors import BadRequestError

DEFAULT_LIMIT = 50
MAX_LIMIT = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Microseconds and an id; behind them, half a SHA-256, as RFC 2104 permits.
_POSITION = struct.Struct(">q16s")
_SIGNATURE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the sort key of its last row, with the id as the last word."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, row: Any) -> Self:
        """Returns the position of a row that has these two."""
        return cls(row.created_at, row.id)


class Cursors:
    """Positions as clients hand them back: signed, each for one list in one order.

    `place` names the list. It is signed and not written down: whoever reads a cursor knows it.
    """

    def __init__(self, secret: str) -> None:
        # A key of its own: what is signed here never passes for a token.
        self._key = hmac.digest(secret.encode(), b"cursors of lists", "sha256")

    def write(self, position: Position, place: str) -> str:
        microseconds = (position.created_at - _EPOCH) // _MICROSECOND
        packed = _POSITION.pack(microseconds, position.id.bytes)
        signed = packed + self._sign(packed, place)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def read(self, cursor: str, place: str) -> Position:
        """Reads a cursor that `write` made for this place.

        Raises:
            BadRequestError: if it did not, or did with another secret.
        """
        try:
            signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            signed = b""
        packed, signature = signed[: _POSITION.size], signed[_POSITION.size :]
        if not hmac.compare_digest(signature, self._sign(packed, place)):
            raise BadRequestError("This is not a cursor of this list: begin without one")
        microseconds, row_id = _POSITION.unpack(packed)
        return Position(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=row_id))

    def _sign(self, packed: bytes, place: str) -> bytes:
        # The position has a fixed length, so nothing of it can pass for a part of the place.
        return hmac.digest(self._key, packed + place.encode(), "sha256")[:_SIGNATURE_BYTES]
