"""How migrations connect, which is not how the service does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

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
        event.listen(engine.sync_engine, "begin", _begin_before_ddl)
    async with engine.connect() as connection:
        yield connection


def _begin_before_ddl(connection: Connection) -> None:
    """Lets a transaction span what changes tables: the driver begins one for rows alone."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
