"""Columns of the session's tenant, read below the session: for lists, whose statements are built once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, Table, TextClause, Uuid, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import FromClause, SelectBase

from app.db.tenancy import TENANT, IsolationError, TenantNotSetError, scoped_tables


class TenantSelect:
    """A select of one table of tenants and of nothing else, which names the tenant by itself.

    The session would add its criterion to each execution anew, and handle each row once more.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Raises IsolationError if the criterion would not narrow down all that is read."""
        table = find_only_table(statement)
        if table is None:
            raise IsolationError("only columns of one table of tenants are read below the session")
        self._statement = statement.where(table.c[TENANT] == bindparam(TENANT, type_=Uuid))

    async def read(
        self, session: AsyncSession, values: Mapping[str, Any]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Returns the rows of the session's tenant, with what was added to the session before.

        Raises:
            TenantNotSetError: the session acts in no tenant.
        """

        def read(sync: Session) -> Sequence[Row[*tuple[Any, ...]]]:
            if TENANT not in sync.info:
                raise TenantNotSetError("rows of tenants are for sessions that act in a tenant")
            sync.flush()
            own = {**values, TENANT: sync.info[TENANT]}
            return sync.connection().execute(self._statement, own).all()

        return await session.run_sync(read)


def has_listeners(session: AsyncSession) -> bool:
    """Whether something besides the isolation of tenants is told of each statement of the session."""
    return len(session.sync_session.dispatch.do_orm_execute) > 1


def find_only_table(statement: Select[*tuple[Any, ...]]) -> Table | None:
    """Returns the table of tenants whose columns are all that a statement reads, if it is so."""
    froms = statement.get_final_froms()
    tables = [table for table in scoped_tables() if len(froms) == 1 and froms[0] == table]
    has_objects = any(each["expr"] is each.get("entity") for each in statement.column_descriptions)
    if (
        not tables
        or has_objects
        or any(_reads_more(each, statement, tables[0]) for each in visitors.iterate(statement))
    ):
        return None
    return tables[0]


def _reads_more(element: Any, statement: Any, table: Table) -> bool:
    """Whether a part of a statement may bring rows of another table, or of all tenants."""
    if isinstance(element, TextClause) or getattr(element, "is_literal", False):
        return True
    is_source = isinstance(element, FromClause | SelectBase)
    is_function = isinstance(element, FunctionElement)
    return is_source and not is_function and element is not statement and element != table
