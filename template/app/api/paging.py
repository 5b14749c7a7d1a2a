"""How routes cut lists into pages: every list has a limit and a cursor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query

from app.core.pagination import DEFAULT_LIMIT, MAX_LIMIT, Position, decode_cursor, encode_cursor


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page a client asks for."""

    after: Position | None
    limit: int

    @property
    def query(self) -> dict[str, Any]:
        """What a list is asked for: one row more than the page has tells whether another follows."""
        return {"after": self.after, "limit": self.limit + 1}

    def cut(
        self, rows: Sequence[Any], position: Callable[[Any], Position] = Position.of
    ) -> dict[str, Any]:
        """Returns the page, and the cursor of the next one, None at the end."""
        page = rows[: self.limit]
        more = len(rows) > self.limit
        return {"items": page, "next": encode_cursor(position(page[-1])) if more else None}


def get_page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> PageRequest:
    return PageRequest(decode_cursor(after) if after else None, limit)


PageDep = Annotated[PageRequest, Depends(get_page_request)]
