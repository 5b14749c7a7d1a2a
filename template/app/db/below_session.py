"""The one way below the session, where no criterion narrows a statement down."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.isolation import refuse_scoped_tables


class TenantlessStatement:
    """A statement that reads no table of tenants; it is built once, while modules are imported.

    Every request executes one. To build it anew, and to have a session look at it, would take longer
    than the database does.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._is_checked = False

    def read(self, connection: Connection, values: Mapping[str, Any]) -> Row[Any] | None:
        """Returns the row that it selects, if there is one.

        Raises:
            IsolationError: it reads a table of tenants.
        """
        if not self._is_checked:
            refuse_scoped_tables(self._statement)
            self._is_checked = True
        return connection.execute(self._statement, values).one_or_none()


# Reads in the transaction of a session (below), or without any (`Database.read_alone`).
Read = Callable[[TenantlessStatement, Mapping[str, Any]], Awaitable[Row[Any] | None]]


async def read_below(
    session: AsyncSession, statement: TenantlessStatement, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Reads a row in the transaction of the session."""
    return await session.run_sync(lambda sync: statement.read(sync.connection(), values))
