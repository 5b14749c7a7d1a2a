"""Keyset pagination as a part of statements: how every list is cut into pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, tuple_

from app.core.pagination import Position

SelectT = TypeVar("SelectT", bound=Select[*tuple[Any, ...]])


def page(
    statement: SelectT,
    column: Any,
    row_id: Any,
    *,
    after: Position | None,
    limit: int,
    descending: bool = False,
) -> SelectT:
    """Orders by a column and, where rows are alike there, by id; begins after a position.

    The column is one that an index has behind the tenant, and it is never null: nothing comes after
    what is nothing.
    """
    key = tuple_(column, row_id)
    if after is not None:
        last = tuple_(after.value, after.id)
        statement = statement.where(key < last if descending else key > last)
    order = [each.desc() if descending else each for each in (column, row_id)]
    return statement.order_by(*order).limit(limit)
