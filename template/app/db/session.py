"""Sessions: who reads, who writes, and what the process holds of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from app.db.after_commit import make_calls, take_calls
from app.db.engine import DatabaseOptions, create_engine
from app.db.isolation import TenantSession
from app.db.ownership import disown, owned_by_this_task, require_owner
from app.db.rls import TenantSetting
from app.db.tenancy import TENANT, bind_tenant

# What a ping asks: whether nothing can be written, as on a server that another one has replaced.
_IS_READ_ONLY = {
    "postgresql": text("SELECT current_setting('transaction_read_only')::boolean"),
    "sqlite": text("SELECT false"),
}


class ReadOnlyError(Exception):
    """The database answers, but nothing can be written."""


class Database:
    """One engine, and sessions for the two kinds of transaction that SQLite tells apart."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._reading = _make_sessions(engine)
        self._writing = _make_sessions(engine.execution_options(writes=True))

    @asynccontextmanager
    async def session(
        self, *, writes: bool = True, tenant_id: UUID | None = None
    ) -> AsyncIterator[AsyncSession]:
        """Yields a session that is committed at the end and rolled back on any error.

        It is for this task and this block alone. What was left for `after_commit` is done when the connection is back.
        """
        async with (self._writing if writes else self._reading)() as session:
            with owned_by_this_task(session):
                bind_tenant(session, tenant_id)
                yield session
                calls = take_calls(session)
                await session.commit()
        await make_calls(calls)

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not answer.

        Raises:
            ReadOnlyError: it answers, and is read-only.
        """
        async with self.engine.connect() as connection:
            if await connection.scalar(_IS_READ_ONLY[self.engine.dialect.name]):
                # The next one may lead to the server that has taken over.
                await connection.invalidate()
                raise ReadOnlyError


@asynccontextmanager
async def open_database(url: str, options: DatabaseOptions) -> AsyncIterator[Database]:
    database = Database(create_engine(url, options))
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


def _make_sessions(
    bind: AsyncEngine | AsyncConnection, **options: Any
) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(
        bind, expire_on_commit=False, sync_session_class=TenantSession, **options
    )
