import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import anyio
import pytest
from sqlalchemy import Connection, delete, event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.util.concurrency import await_

from app.context import open_settings_database
from app.core.config import Settings
from app.core.principal import Role
from app.crud import memberships
from app.db.after_commit import after_commit
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.session import Database, independent_transaction
from app.db.tenancy import TENANT, bind_tenant
from service.support.watching import watch_connections
from tests.platform.support import Account

SQLITE = {
    "PRAGMA journal_mode": "wal",
    "PRAGMA foreign_keys": 1,
    "PRAGMA synchronous": 1,
    "PRAGMA busy_timeout": 3000,
}
POSTGRESQL = {
    "SHOW statement_timeout": "4500ms",
    "SHOW lock_timeout": "3s",
    "SHOW idle_in_transaction_session_timeout": "1min",
}


async def count_tenants(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(Tenant)) or 0


async def test_a_session_commits_at_its_end(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="shop"))

    assert await count_tenants(database) == 1


async def test_an_error_rolls_back(database: Database) -> None:
    async def fail() -> None:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await count_tenants(database) == 0


async def test_a_connection_is_set_up_for_its_database(database: Database) -> None:
    expected = SQLITE if database.engine.dialect.name == "sqlite" else POSTGRESQL

    async with database.session() as session:
        found = {question: await session.scalar(text(question)) for question in expected}

    assert found == expected


async def test_the_pool_has_no_overflow(settings: Settings) -> None:
    """A session that finds every connection taken waits, and fails within a bound."""
    small = settings.model_copy(update={"database_pool_size": 1, "database_pool_timeout": 0.05})
    async with (
        open_settings_database(small) as database,
        database.session(writes=False) as first,
        database.session(writes=False) as second,
    ):
        await first.execute(select(1))
        with pytest.raises(PoolTimeoutError):
            await second.execute(select(1))


async def test_independent_transactions_survive_a_failing_request(
    settings: Settings, database: Database, owner: Account
) -> None:
    """On one connection: the request's own transaction has to end first."""
    small = settings.model_copy(update={"database_pool_size": 1, "database_pool_timeout": 0.05})

    async def fail(narrow: Database) -> None:
        async with narrow.session(writes=False) as session:
            bind_tenant(session, owner.tenant_id)
            await session.execute(delete(Tenant))
            async with independent_transaction(session) as own:
                assert own.info[TENANT] == owner.tenant_id
                own.add(Tenant(name="survived"))
            raise RuntimeError

    async with open_settings_database(small) as narrow:
        with pytest.raises(RuntimeError):
            await fail(narrow)

    async with database.session() as session:
        names = set(await session.scalars(select(Tenant.name)))
    assert names == {"Tenant of ann@example.com", "survived"}


async def test_an_independent_transaction_can_fail_itself(database: Database) -> None:
    async def fail() -> None:
        async with database.session() as session, independent_transaction(session) as own:
            own.add(Tenant(name="survived"))
            await own.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await count_tenants(database) == 0


async def test_foreign_keys_are_kept(database: Database, owner: Account) -> None:
    async with database.session() as session:
        with pytest.raises(IntegrityError):
            await memberships.create(session, uuid4(), owner.user_id, Role.MEMBER)
        await session.rollback()


async def test_writers_wait_for_each_other(database: Database, owner: Account) -> None:
    """Each reads and then writes: on SQLite that fails at once unless it began as a writer."""

    async def rename(number: int) -> None:
        async with database.session() as session:
            user = (await session.scalars(select(User).with_for_update())).one()
            await anyio.sleep(0.01)
            user.email = f"ann{number}@example.com"

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(rename, number)


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.session() as writer:
        writer.add(Tenant(name="shop"))
        await writer.flush()
        with anyio.fail_after(2):
            async with database.session(writes=False) as reader:
                await reader.scalar(select(func.count()).select_from(Tenant))


@asynccontextmanager
async def paused_end(
    database: Database, name: str
) -> AsyncIterator[tuple[anyio.Event, anyio.Event]]:
    """Makes the COMMIT or ROLLBACK set the first event, and wait for the second."""
    reached, go_on = anyio.Event(), anyio.Event()

    def pause(_: object) -> None:
        reached.set()
        await_(go_on.wait())

    event.listen(database.engine.sync_engine, name, pause)
    try:
        yield reached, go_on
    finally:
        event.remove(database.engine.sync_engine, name, pause)


Cancel = Callable[[Callable[[], Awaitable[None]], anyio.Event, anyio.Event], Awaitable[bool]]


async def cancel_task(
    work: Callable[[], Awaitable[None]], reached: anyio.Event, go_on: anyio.Event
) -> bool:
    """Cancels it twice, as a server that stops, and returns whether it says so."""
    task = asyncio.ensure_future(work())
    await reached.wait()
    for _ in range(2):
        task.cancel()
        await anyio.wait_all_tasks_blocked()
    go_on.set()
    await asyncio.wait([task])
    return task.cancelled()


async def cancel_scope(
    work: Callable[[], Awaitable[None]], reached: anyio.Event, go_on: anyio.Event
) -> bool:
    """Cancels what is around it, as a framework whose client has left."""
    async with anyio.create_task_group() as tasks:

        async def leave() -> None:
            await reached.wait()
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            go_on.set()

        tasks.start_soon(leave)
        with anyio.CancelScope() as scope:
            await work()
    return scope.cancelled_caught


cancelling = pytest.mark.parametrize("cancel", [cancel_task, cancel_scope])


@cancelling
async def test_a_commit_is_not_broken_off(database: Database, cancel: Cancel) -> None:
    made: list[str] = []

    async def note() -> None:
        await anyio.lowlevel.checkpoint()
        made.append("after the commit")

    async def write() -> None:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            after_commit(session, note)

    with watch_connections() as connections:
        async with paused_end(database, "commit") as events:
            assert await cancel(write, *events)
        held = connections.held

    assert (held, made) == (0, ["after the commit"])
    assert await count_tenants(database) == 1


@cancelling
async def test_a_commit_that_fails_meanwhile_is_none(database: Database, cancel: Cancel) -> None:
    made: list[str] = []

    async def note() -> None:
        made.append("never")

    def fail(connection: Connection) -> None:
        connection.connection.rollback()
        raise RuntimeError("the commit failed")

    async def write() -> None:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            after_commit(session, note)

    with watch_connections() as connections:
        async with paused_end(database, "commit") as events:
            event.listen(database.engine.sync_engine, "commit", fail)
            try:
                assert await cancel(write, *events)
            finally:
                event.remove(database.engine.sync_engine, "commit", fail)
        held = connections.held

    assert (held, made) == (0, [])
    assert await count_tenants(database) == 0


@cancelling
async def test_a_rollback_is_not_broken_off(database: Database, cancel: Cancel) -> None:
    async def write() -> None:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            await session.flush()
            raise RuntimeError

    with watch_connections() as connections:
        async with paused_end(database, "rollback") as events:
            assert await cancel(write, *events)
        held = connections.held

    assert held == 0
    assert await count_tenants(database) == 0
