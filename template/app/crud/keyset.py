"""Keyset pagination in SQL: how every list is cut into pages."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Integer, Row, Select, TypeDecorator, bindparam, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from app.core.http.pagination import Position, WrongPositionError
from app.db.tenant_rows import TenantSelect, find_only_table, has_listeners

Rows: TypeAlias = Sequence[Row[*tuple[Any, ...]]]
Statement: TypeAlias = Select[*tuple[Any, ...]]


async def fetch_page(
    session: AsyncSession,
    statement: Statement,
    column: Any,
    row_id: Any,
    *,
    after: Position | None,
    limit: int,
    descending: bool = False,
    where: Sequence[ColumnElement[bool]] = (),
    **values: Any,
) -> Rows:
    """Returns the rows after a position, in the order of a column and then of the id.

    The column is NOT NULL, since nothing compares with null, and indexed behind the tenant. The
    statement is one that the module holds, since each of its orders is built once; what differs from
    request to request are `values` of its parameters and conditions in `where`.

    Raises:
        WrongPositionError: the column has another type than the position's value.
    """
    values["page_limit"] = limit
    if after is not None:
        # SQLite compares values of any types, and would return the first page again and again.
        if type(after.value) is not _python_type(column.type):
            raise WrongPositionError
        values |= {"page_after": after.value, "page_after_id": after.id}
    ordered, of_tenant = _order(
        statement, column, row_id, continues=after is not None, descending=descending
    )
    if of_tenant and not where and not has_listeners(session):
        return await of_tenant.read(session, values)
    return (await session.execute(ordered.where(*where), values)).all()


@lru_cache(256)
def _order(
    statement: Statement, column: Any, row_id: Any, *, continues: bool, descending: bool
) -> tuple[Statement, TenantSelect | None]:
    """Returns the statement in this order and, if it reads one table of tenants, as a faster one."""
    key = tuple_(column, row_id)
    if continues:
        last = tuple_(
            bindparam("page_after", type_=column.type),
            bindparam("page_after_id", type_=row_id.type),
        )
        statement = statement.where(key < last if descending else key > last)
    order = [each.desc() if descending else each for each in (column, row_id)]
    ordered = statement.order_by(*order).limit(bindparam("page_limit", type_=Integer))
    return ordered, TenantSelect(ordered) if find_only_table(ordered) is not None else None


def _python_type(kind: TypeEngine[Any]) -> type:
    return _python_type(kind.impl_instance) if isinstance(kind, TypeDecorator) else kind.python_type
