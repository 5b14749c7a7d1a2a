"""Runs in a service, on PostgreSQL: what is left of statements that nobody waits for any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import anyio
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.context import open_settings_database
from app.core.config import Settings
from app.db.session import Database

CONNECTIONS = 3
# Ends a hang.
SECONDS = 10
ASLEEP = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(30)'
"""


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Database]:
    few = {"database_pool_size": CONNECTIONS, "database_pool_timeout": SECONDS}
    async with open_settings_database(settings.model_copy(update=few)) as database:
        yield database


async def sleep_in(session: AsyncSession, seconds: float) -> None:
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    await session.execute(text(f"SELECT pg_sleep({seconds})"))


async def test_a_thousand_cancelled_requests_cost_no_connection(narrow: Database) -> None:
    # The driver leaves a future behind when it is stopped while it connects.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)

    async def query(milliseconds: int) -> None:
        async with narrow.session() as session:
            await sleep_in(session, milliseconds / 1000)

    for milliseconds in range(100):
        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(query, number)
            await anyio.sleep(milliseconds / 5000)
            tasks.cancel_scope.cancel()

    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            session = await stack.enter_async_context(narrow.session())
            await session.execute(text("SELECT 1"))
    assert narrow.engine.pool.status().endswith("Current Checked out connections: 0")


async def test_a_cancelled_statement_ends_on_the_server_too(
    narrow: Database, database: Database
) -> None:
    async def query() -> None:
        async with narrow.session() as session:
            await sleep_in(session, 30)

    async def wait_until_asleep(expected: int) -> None:
        found = None
        while found != expected:
            await anyio.sleep(0.02)
            async with database.session(writes=False) as session:
                found = await session.scalar(text(ASLEEP))

    with anyio.fail_after(SECONDS):
        # Not in a group of anyio, which would cancel the driver's request for an end as well.
        task = asyncio.create_task(query())
        await wait_until_asleep(1)
        task.cancel()
        await wait_until_asleep(0)


async def test_a_connection_that_was_left_in_a_transaction_is_replaced(narrow: Database) -> None:
    """As two tasks leave it that use one at once: every request after them would fail."""
    async with narrow.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute("BEGIN")  # type: ignore[union-attr] # asyncpg's
        left = raw.driver_connection

    async with narrow.session() as session:
        connection = await session.connection()
        raw = await connection.get_raw_connection()
        assert await session.scalar(text("SELECT 1")) == 1
        assert raw.driver_connection is not left
