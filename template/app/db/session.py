"""Sessions: who reads, who writes, and what the process holds of the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from uuid import UUID

import anyio
from sqlalchemy import Connection, Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import greenlet_spawn

from app.db.after_commit import Call, make_calls, take_calls
from app.db.below_session import TenantlessStatement
from app.db.engine import DatabaseOptions, create_engine
from app.db.isolation import TenantSession
from app.db.ownership import disown, owned_by_this_task, require_owner
from app.db.rls import TenantSetting
from app.db.tenancy import TENANT, bind_tenant
from app.db.unbroken import unbroken

# How long the calls after a commit may take when its request has been cancelled meanwhile.
CALLS_SECONDS = 1.0
# What a ping reads: whether nothing can be written, as on a server that another one has replaced.
_IS_READ_ONLY = {
    "postgresql": text("SELECT current_setting('transaction_read_only')::boolean"),
    "sqlite": text("SELECT false"),
}


class ReadOnlyError(Exception):
    """The database responds, but nothing can be written."""


class Database:
    """One engine, and sessions for the two kinds of transaction that SQLite tells apart."""

    def __init__(self, engine: AsyncEngine, *, pooler: bool = False) -> None:
        self.engine = engine
        # A pooler makes its settings with BEGIN.
        self._reads_without_begin = engine.dialect.name == "postgresql" and not pooler
        self._reading = _make_sessions(engine)
        self._writing = _make_sessions(engine.execution_options(writes=True))

    @asynccontextmanager
    async def session(
        self, *, writes: bool = True, tenant_id: UUID | None = None
    ) -> AsyncIterator[AsyncSession]:
        """Yields a session that is committed at the end and rolled back on any error.

        It is for this task and this block alone. What was left for `after_commit` is done when the connection is back.
        """
        session = (self._writing if writes else self._reading)()
        try:
            with owned_by_this_task(session):
                bind_tenant(session, tenant_id)
                yield session
        except BaseException:
            await unbroken(asyncio.create_task(session.close()))
            raise
        await _end(session)

    async def read_alone(
        self, statement: TenantlessStatement, values: Mapping[str, Any]
    ) -> Row[Any] | None:
        """Reads a row without a session: on PostgreSQL also without a transaction around it."""

        def read() -> Row[Any] | None:
            with self.engine.sync_engine.connect() as connection:
                if self._reads_without_begin:
                    with _autocommit(connection):
                        return statement.read(connection, values)
                return statement.read(connection, values)

        return await greenlet_spawn(read)

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not respond.

        Raises:
            ReadOnlyError: it responds, and is read-only.
        """
        async with self.engine.connect() as connection:
            if await connection.scalar(_IS_READ_ONLY[self.engine.dialect.name]):
                # The next one may lead to the server that has taken over.
                await connection.invalidate()
                raise ReadOnlyError


@asynccontextmanager
async def open_database(url: str, options: DatabaseOptions) -> AsyncIterator[Database]:
    database = Database(create_engine(url, options), pooler=options.pooler)
    try:
        yield database
    finally:
        await database.engine.dispose()


async def end_session(session: AsyncSession) -> None:
    """Commits, and ends the use of the session before its block ends.

    For a websocket, which is authenticated once and lives for long.
    """
    await session.commit()
    disown(session)


@asynccontextmanager
async def within_tenant(session: AsyncSession, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    """Yields a session of another tenant in the same transaction, for what takes effect there."""
    require_owner(session)
    connection = await session.connection()
    async with _make_sessions(connection, join_transaction_mode="create_savepoint")() as other:
        with owned_by_this_task(other):
            bind_tenant(other, tenant_id)
            yield other
            await other.commit()
    await session.execute(select(TenantSetting(session.info.get(TENANT))))


async def enter_tenant(session: AsyncSession, tenant_id: UUID) -> None:
    """Lets a session act in a tenant that it has only found or made in this transaction.

    Raises:
        IsolationError: if it acts in another one already.
    """
    require_owner(session)
    bind_tenant(session, tenant_id)
    if session.in_transaction():
        await session.execute(select(TenantSetting(tenant_id)))


@asynccontextmanager
async def independent_transaction(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    """Yields a session of the same tenant, for what stays although the request fails.

    The request's own transaction is rolled back first, which releases its locks and its connection:
    a second one beside it would wait for them. Rows that it has loaded expire with it.
    """
    require_owner(session)
    await session.rollback()
    database = Database(cast("AsyncEngine", session.bind))
    async with database.session(tenant_id=session.info.get(TENANT)) as own:
        yield own


async def _end(session: AsyncSession) -> None:
    """Commits, and makes the calls that were left for after it.

    A COMMIT that is broken off may have been carried out or not, and leaves no usable connection.
    """
    committing = asyncio.create_task(_commit(session))
    try:
        calls = await unbroken(committing)
    except asyncio.CancelledError:
        if committing.exception() is None:
            with anyio.move_on_after(CALLS_SECONDS, shield=True):
                await make_calls(committing.result())
        raise
    await make_calls(calls)


async def _commit(session: AsyncSession) -> list[Call]:
    with owned_by_this_task(session):
        calls = take_calls(session)
        await session.run_sync(_commit_and_close)
    return calls


def _commit_and_close(session: Session) -> None:
    try:
        session.commit()
    finally:
        session.close()


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    """Has the driver send no BEGIN: the option `isolation_level` takes longer than the statement."""
    driver_connection: Any = connection.connection.dbapi_connection
    driver_connection.autocommit = True
    try:
        yield
    finally:
        driver_connection.autocommit = False


def _make_sessions(
    bind: AsyncEngine | AsyncConnection, **options: Any
) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(
        bind, expire_on_commit=False, sync_session_class=TenantSession, **options
    )
