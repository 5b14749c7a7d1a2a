"""How migrations connect, which is not how the service does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

CONNECT_ARGS = {
    "postgresql": {
        "server_settings": {
            "application_name": "migrations",
            # Whoever asks for a table after a statement that waits for it waits as well.
            "lock_timeout": "5s",
            # Under policies that bind even the owner, a forgotten `op.all_tenants` changes no row
            # in silence: with this it is an error.
            "row_security": "off",
        }
    },
    "sqlite": {},
}


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[AsyncConnection]:
    """Yields a connection on which statements take the time that they need, except for locks.

    On SQLite it follows no foreign keys: a table is altered by making it anew, and dropping the old
    one would delete the rows that refer to it.
    """
    backend = make_url(url).get_backend_name()
    engine = create_async_engine(url, poolclass=NullPool, connect_args=CONNECT_ARGS[backend])
    if backend == "sqlite":
        _begin_before_ddl(engine)
    async with engine.connect() as connection:
        yield connection


def _begin_before_ddl(engine: AsyncEngine) -> None:
    """Lets a transaction of SQLite span what changes tables, as it does on PostgreSQL."""

    @event.listens_for(engine.sync_engine, "connect")
    def leave_it_to_us(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver itself begins before it changes rows, and for nothing else.
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
