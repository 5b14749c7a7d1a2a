"""Keyset pagination: a page begins after the last row of the page before, whatever came in between."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Self
from uuid import UUID

from app.core.errors import BadRequestError

DEFAULT_LIMIT = 50
MAX_LIMIT = 100

# A cursor stands in a URL, so columns that lists are sorted by have texts of 1000 bytes at most.
MAX_CURSOR = 2000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Half a SHA-256, as RFC 2104 permits.
_SIGNATURE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: what its last row is sorted by, with the id as the last word."""

    value: datetime | str | float
    id: UUID

    def pack(self) -> bytes:
        value: object = self.value
        if isinstance(value, datetime):
            value = {"microseconds": (value - _EPOCH) // _MICROSECOND}
        packed = json.dumps([value, self.id.hex], ensure_ascii=False, separators=(",", ":"))
        return packed.encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        value, row_id = json.loads(packed)
        if isinstance(value, dict):
            value = _EPOCH + value["microseconds"] * _MICROSECOND
        return cls(value, UUID(row_id))


class Cursors:
    """Positions as clients hand them back: signed, each for one list in one order.

    `place` names the list. It is signed and not written down: whoever reads a cursor knows it.
    """

    def __init__(self, secret: str) -> None:
        # A key of its own: what is signed here never passes for a token.
        self._key = hmac.digest(secret.encode(), b"cursors of lists", "sha256")

    def write(self, position: Position, place: str) -> str:
        packed = position.pack()
        signed = self._sign(packed, place) + packed
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
        signature, packed = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(packed, place)):
            raise BadRequestError("This is not a cursor of this list: begin without one")
        return Position.unpack(packed)

    def _sign(self, packed: bytes, place: str) -> bytes:
        # The place has a fixed length, so nothing of it can pass for a part of the position.
        text = sha256(place.encode()).digest() + packed
        return hmac.digest(self._key, text, "sha256")[:_SIGNATURE_BYTES]
