"""Keyset pagination as a part of statements: how every list is cut into pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, TypeDecorator, tuple_
from sqlalchemy.types import TypeEngine

from app.core.errors import BadRequestError
from app.core.http.pagination import Position

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

    Raises:
        BadRequestError: the position is of a list in another order.
    """
    key = tuple_(column, row_id)
    if after is not None:
        # Since a release, or by mistake: a database without types would begin anew, again and again.
        if type(after.value) is not _python_type(column.type):
            raise BadRequestError("This cursor is of another order: begin without one")
        last = tuple_(after.value, after.id)
        statement = statement.where(key < last if descending else key > last)
    order = [each.desc() if descending else each for each in (column, row_id)]
    return statement.order_by(*order).limit(limit)


def _python_type(kind: TypeEngine[Any]) -> type:
    return _python_type(kind.impl_instance) if isinstance(kind, TypeDecorator) else kind.python_type
