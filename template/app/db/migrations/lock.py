"""One process at a time migrates a database. The others wait, and find nothing left to do."""

import time

from alembic.util import CommandError
from sqlalchemy import Connection, func, select

# Any number that no other program locks: locks of this kind belong to a database.
LOCK = int.from_bytes(b"migrate", "big")
PAUSE_SECONDS = 0.2


def wait_for_lock(connection: Connection, seconds: float) -> None:
    """Takes a lock of PostgreSQL that is given back when the connection is closed.

    It is tried repeatedly, each time in a transaction that ends at once: a process that
    waited inside a statement would be one that CREATE INDEX CONCURRENTLY waits for. A lock of a
    transaction would not do either, since that command runs outside of any.

    Raises:
        CommandError: if others have been at it for that many seconds.
    """
    if connection.dialect.name != "postgresql":
        return
    deadline = time.monotonic() + seconds
    while not _try(connection):
        if time.monotonic() > deadline:
            raise CommandError(
                f"Another process has been migrating this database for {seconds:g} seconds."
                f" It holds the advisory lock {LOCK}; pg_locks says which one it is. Run this again"
                " when it has ended."
            )
        time.sleep(PAUSE_SECONDS)


def _try(connection: Connection) -> bool:
    with connection.begin():
        return bool(connection.scalar(select(func.pg_try_advisory_lock(LOCK))))
