"""Keyset pagination as a part of statements: how every list is cut into pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, tuple_

from app.core.pagination import Position

SelectT = TypeVar("SelectT", bound=Select[*tuple[Any, ...]])


def page(
    statement: SelectT,
    created_at: Any,
    row_id: Any,
    *,
    after: Position | None,
    limit: int,
    newest_first: bool = False,
) -> SelectT:
    """Orders by time and, for what came at one time, by id; begins after a position."""
    key = tuple_(created_at, row_id)
    if after is not None:
        last = tuple_(after.created_at, after.id)
        statement = statement.where(key < last if newest_first else key > last)
    order = [column.desc() if newest_first else column for column in (created_at, row_id)]
    return statement.order_by(*order).limit(limit)
