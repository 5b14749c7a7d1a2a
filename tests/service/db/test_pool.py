import logging
from collections.abc import AsyncIterator

import anyio
import pytest
from anyio.lowlevel import checkpoint
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, TimeoutError

from app.context import open_settings_database
from app.core.config import Settings
from app.db.metrics import pool_readings
from app.db.session import Database
from service.support.series import moving

# Ends a hang, and is no claim about speed.
FOR_EVER = 10.0


@pytest.fixture
def patient(settings: Settings) -> Settings:
    """Those of a service with one connection, for which everybody waits as long as it takes."""
    return settings.model_copy(
        update={"database_pool_size": 1, "database_pool_timeout": 2 * FOR_EVER}
    )


@pytest.fixture
async def narrow(patient: Settings) -> AsyncIterator[Database]:
    async with open_settings_database(patient) as database:
        yield database


async def query(database: Database) -> None:
    async with database.session(writes=False) as session:
        await session.execute(text("SELECT 1"))


async def test_the_longest_waiter_is_served_first(narrow: Database) -> None:
    served = []

    async def wait(number: int) -> None:
        async with narrow.engine.connect():
            served.append(number)

    async with anyio.create_task_group() as tasks:
        taken = await narrow.engine.connect()
        for number in range(3):
            tasks.start_soon(wait, number)
            await anyio.wait_all_tasks_blocked()
        await taken.close()
        # The connection is free again, and none of those who were told so has run yet.
        await wait(3)

    assert served == [0, 1, 2, 3]


async def test_those_who_wait_are_seen_and_their_time_is_measured(narrow: Database) -> None:
    readings = pool_readings(narrow.engine)

    def look() -> list[float]:
        return [read() for _, read in readings]

    with moving("database_pool_wait_seconds_count", by=2):
        async with anyio.create_task_group() as tasks, narrow.engine.connect():
            for _ in range(2):
                tasks.start_soon(query, narrow)
            await anyio.wait_all_tasks_blocked()
            assert look() == [1, 1, 2]
    assert look() == [1, 0, 0]


async def test_a_pool_timeout_is_counted(patient: Settings) -> None:
    hasty = patient.model_copy(update={"database_pool_timeout": 0.01})
    async with open_settings_database(hasty) as database, database.engine.connect():
        with moving("database_pool_timeouts_total"), pytest.raises(TimeoutError):
            await query(database)


async def test_a_session_that_gave_its_connection_back_has_no_place(narrow: Database) -> None:
    async with narrow.session(writes=False) as session:
        await session.execute(text("SELECT 1"))
        await session.rollback()
        with anyio.fail_after(FOR_EVER):
            await query(narrow)


async def test_requests_that_are_cancelled_keep_no_connection(narrow: Database) -> None:
    """Whatever they were at: waiting for it, using it or giving it back."""
    for turns in range(60):
        await query(narrow)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(query, narrow)
            for _ in range(turns):
                await checkpoint()
            tasks.cancel_scope.cancel()

    with anyio.fail_after(FOR_EVER):
        await query(narrow)


async def test_a_waiter_behind_a_failed_connect_is_served(patient: Settings) -> None:
    nowhere = {"database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}

    async def ask_in_vain(database: Database) -> None:
        with pytest.raises(OperationalError):
            await query(database)

    with anyio.fail_after(FOR_EVER):
        async with (
            open_settings_database(patient.model_copy(update=nowhere)) as database,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(3):
                tasks.start_soon(ask_in_vain, database)


async def test_connections_come_and_go_in_silence(
    patient: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async with open_settings_database(patient) as database:
        await query(database)

    assert caplog.records == []
