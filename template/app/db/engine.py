"""The SQLAlchemy engine, set up for a service: every wait for the database has an end."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.db.connections import discard_unusable_connections
from app.db.failures import wrap_driver_errors
from app.db.pool import FairPool
from app.db.postgresql import DRIVER_URL, connect_arguments

CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """How many connections a process holds, and how many seconds it waits for what."""

    pool_size: int
    pool_timeout: float
    connect_timeout: float
    command_timeout: float
    lock_timeout: float
    # Whether a pooler stands between, which gives each transaction another server.
    pooler: bool = False


def create_engine(url: str, options: DatabaseOptions) -> AsyncEngine:
    """Returns an engine that has not connected yet; secrets in parameters stay out of errors."""
    make = _sqlite if url.startswith("sqlite") else _postgresql
    engine = make(url, options)
    wrap_driver_errors(engine)
    return engine


def create_plain_engine(
    url: str, settings: dict[str, str] | None = None, name: str = "schema"
) -> AsyncEngine:
    """Returns an engine without a pool and time limits: for changes of the schema."""
    if url.startswith("sqlite"):
        engine = create_async_engine(url, poolclass=NullPool)
    else:
        arguments = connect_arguments(url, settings or {}, name=name, timeout=CONNECT_SECONDS)
        engine = create_async_engine(DRIVER_URL, poolclass=NullPool, connect_args=arguments)
    wrap_driver_errors(engine)
    return engine


def _in_common(options: DatabaseOptions) -> dict[str, Any]:
    return {
        "hide_parameters": True,
        "poolclass": FairPool,
        "pool_size": options.pool_size,
        # Overflow connections are opened and thrown away under load: slower, not roomier.
        "max_overflow": 0,
        "pool_timeout": options.pool_timeout,
    }


def _postgresql(url: str, options: DatabaseOptions) -> AsyncEngine:
    # The server gives up first, so that its error, and not a lost connection, is what we see.
    statement_timeout = int(options.command_timeout * 900)
    limits = {
        "statement_timeout": str(statement_timeout),
        "lock_timeout": str(int(options.lock_timeout * 1000)),
        "idle_in_transaction_session_timeout": "60000",
    }
    arguments = connect_arguments(
        url, limits, name="app", timeout=options.connect_timeout, pooler=options.pooler
    )
    arguments["command_timeout"] = options.command_timeout
    engine = create_async_engine(DRIVER_URL, **_in_common(options), connect_args=arguments)
    discard_unusable_connections(engine)
    return engine


def _sqlite(url: str, options: DatabaseOptions) -> AsyncEngine:
    engine = create_async_engine(url, **_in_common(options))
    busy_timeout = int(options.lock_timeout * 1000)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver begins no transaction by itself: `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            f"busy_timeout = {busy_timeout}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer: it fails.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
