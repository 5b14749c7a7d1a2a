"""A session is for the task that opened it, while its block lasts; others cost no connection."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.db.after_commit import after_commit
from app.db.models.tenant import Tenant
from app.db.ownership import SessionOwnerError, require_owner
from app.db.session import Database, enter_tenant, independent_transaction
from service.support.watching import watch_connections

Use = Callable[[AsyncSession], Awaitable[Any]]


async def add(session: AsyncSession) -> None:
    session.add(Tenant(name="late"))


async def add_all(session: AsyncSession) -> None:
    session.add_all([Tenant(name="late")])


async def leave_call(session: AsyncSession) -> None:
    async def call() -> None: ...

    after_commit(session, call)


async def write_independently(session: AsyncSession) -> None:
    async with independent_transaction(session):
        pass


async def read_synchronously(session: AsyncSession) -> None:
    await session.run_sync(lambda sync: sync.execute(select(Tenant)))


USES: dict[str, Use] = {
    "execute": lambda session: session.execute(text("SELECT 1")),
    "scalar": lambda session: session.scalar(select(Tenant)),
    "scalars": lambda session: session.scalars(select(Tenant)),
    "stream": lambda session: session.stream(select(Tenant)),
    "get": lambda session: session.get(Tenant, uuid4()),
    "update": lambda session: session.execute(delete(Tenant)),
    "merge": lambda session: session.merge(Tenant(id=uuid4(), name="late")),
    "connection": lambda session: session.connection(),
    "run_sync": read_synchronously,
    "enter_tenant": lambda session: enter_tenant(session, uuid4()),
    "add": add,
    "add_all": add_all,
    "after_commit": leave_call,
    "independent_transaction": write_independently,
}
each_use = pytest.mark.parametrize("use", USES.values(), ids=USES)


@each_use
async def test_a_session_ends_with_its_block(database: Database, use: Use) -> None:
    async with database.session() as session:
        await session.execute(text("SELECT 1"))

    with (
        watch_connections() as connections,
        pytest.raises(SessionOwnerError, match="has ended"),
    ):
        await use(session)
    assert connections.taken == 0


@each_use
async def test_a_created_task_opens_its_own(database: Database, use: Use) -> None:
    with watch_connections() as connections:
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(SessionOwnerError, match="belongs to the task that opened it"):
                await asyncio.create_task(use(session))  # type: ignore[arg-type] # a coroutine
            assert await session.scalar(text("SELECT 1")) == 1
    assert (connections.taken, connections.held) == (1, 0)


async def test_a_session_that_failed_has_ended_too(database: Database) -> None:
    async def fail() -> None:
        async with database.session() as session:
            sessions.append(session)
            raise RuntimeError

    sessions: list[AsyncSession] = []
    with pytest.raises(RuntimeError):
        await fail()
    with pytest.raises(SessionOwnerError, match=r"opens one of its own.*docs/how-to\.md"):
        await sessions[0].execute(text("SELECT 1"))


async def test_a_session_closed_early_goes_on(database: Database) -> None:
    """It gives its connection back while the request does something slow."""
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
        await session.close()
        assert await session.scalar(text("SELECT 1")) == 1


def test_a_session_that_nobody_owns_is_free() -> None:
    require_owner(Session())
