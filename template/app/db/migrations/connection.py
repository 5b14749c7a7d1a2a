"""How migrations connect, which is not how the service does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.engine import create_plain_engine
from app.db.pooler import SETTINGS_HOLD, UnknownPoolerError, pooler_recognized

SETTINGS = {
    # Statements that need the table queue behind one that waits for it.
    "lock_timeout": "5s",
    # Under policies that bind even the owner, a forgotten `op.all_tenants` changes no row in
    # silence: with this it is an error.
    "row_security": "off",
}


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[AsyncConnection]:
    """Yields a connection on which statements take the time that they need, except for locks.

    On SQLite it follows no foreign keys: a table is altered by making it anew, and dropping the old
    one would delete the rows that refer to it.

    Raises:
        UnknownPoolerError: a pooler stands between.
    """
    engine = create_plain_engine(url, SETTINGS, name="migrations")
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "begin", _begin_before_ddl)
    connection = engine.connect()
    with pooler_recognized():
        await connection.start()
    try:
        if connection.dialect.name == "postgresql":
            await _require_session(connection)
        yield connection
    finally:
        await connection.close()


def _begin_before_ddl(connection: Connection) -> None:
    """Lets a transaction span what changes tables: the driver begins one for rows alone."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _require_session(connection: AsyncConnection) -> None:
    """Raises UnknownPoolerError behind a pooler that takes our settings and forgets them."""
    holds = await connection.scalar(SETTINGS_HOLD)
    await connection.rollback()
    if not holds:
        raise UnknownPoolerError
