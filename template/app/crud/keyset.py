"""Keyset pagination as a part of statements: how every list is cut into pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, tuple_

from app.core.pagination import Position

SelectT = TypeVar("SelectT", bound=Select[*tuple[Any, ...]])


def page(
    statement: SelectT, created_at: Any, row_id: Any, *, after: Position | None, limit: int
) -> SelectT:
    """Orders by time and, for what came at one time, by id; begins after a position."""
    if after is not None:
        statement = statement.where(tuple_(created_at, row_id) > tuple_(after.created_at, after.id))
    return statement.order_by(created_at, row_id).limit(limit)
