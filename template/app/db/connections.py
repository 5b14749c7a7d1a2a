"""Connections to PostgreSQL that have ended, or are to end: no request waits for either."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry


def discard_unusable_connections(engine: AsyncEngine) -> None:
    """Replaces those that the server closed, and closes others without waiting for the server."""

    @event.listens_for(engine.sync_engine, "checkout")
    def replace(connection: Any, _: ConnectionPoolEntry, __: object) -> None:
        # The driver knows, if it happened while the connection was idle. To try the server each time, as
        # `pool_pre_ping` does, takes three round trips. A transaction is left open by two tasks
        # that used the connection at once.
        driver_connection = connection.driver_connection
        if driver_connection.is_closed() or driver_connection.is_in_transaction():
            raise DisconnectionError

    @event.listens_for(engine.sync_engine, "close")
    def leave(connection: Any, _: ConnectionPoolEntry) -> None:
        # A server that hangs does not confirm the end. In a transaction a statement may still run there:
        # the driver then asks for its end, and waits for two seconds at most.
        driver_connection = connection.driver_connection
        if not driver_connection.is_closed() and not driver_connection.is_in_transaction():
            driver_connection.terminate()
