"""Keyset pagination: a page begins after the last row of the page before, whatever came in between."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from app.core.errors import BadRequestError

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the sort key of its last row, with the id as the last word."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, row: Any) -> Self:
        """Returns the position of a row that has these two."""
        return cls(row.created_at, row.id)


def encode_cursor(position: Position) -> str:
    text = f"{position.created_at.isoformat()} {position.id}"
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> Position:
    """Reads a cursor that `encode_cursor` made.

    Raises:
        BadRequestError: if it did not.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        created_at, _, row_id = text.partition(" ")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("a time without its zone")
        return Position(moment.astimezone(UTC), UUID(row_id))
    # OverflowError: a zone can put a time outside the years that there are.
    except (ValueError, OverflowError) as exc:
        raise BadRequestError("This cursor did not come from a list of ours") from exc
