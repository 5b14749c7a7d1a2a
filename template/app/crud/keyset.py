"""Keyset pagination in SQL: how every list is cut into pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, TypeDecorator, tuple_
from sqlalchemy.types import TypeEngine

from app.core.http.pagination import Position, WrongPositionError

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
    """Orders by a column, then by id, and begins after a position.

    The column is NOT NULL, since nothing compares with null, and indexed behind the tenant.

    Raises:
        WrongPositionError: the column has another type than the position's value.
    """
    key = tuple_(column, row_id)
    if after is not None:
        # SQLite compares values of any types, and would return the first page again and again.
        if type(after.value) is not _python_type(column.type):
            raise WrongPositionError
        last = tuple_(after.value, after.id)
        statement = statement.where(key < last if descending else key > last)
    order = [each.desc() if descending else each for each in (column, row_id)]
    return statement.order_by(*order).limit(limit)


def _python_type(kind: TypeEngine[Any]) -> type:
    return _python_type(kind.impl_instance) if isinstance(kind, TypeDecorator) else kind.python_type
