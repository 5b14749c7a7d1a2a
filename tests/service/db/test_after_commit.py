from collections.abc import Awaitable, Callable

import anyio
import pytest
from loguru import logger
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.db.after_commit import after_commit
from app.db.models.tenant import Tenant
from app.db.session import Database, independent_transaction
from service.support.watching import watch_connections


@pytest.fixture
def made() -> list[str]:
    return []


def noting(made: list[str], name: str) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        made.append(name)

    return note


async def test_calls_are_made_in_order_once_the_rows_are_there(database: Database) -> None:
    seen: list[tuple[str, int]] = []

    async def look(name: str) -> None:
        async with database.session(writes=False) as session:
            seen.append((name, len((await session.scalars(select(Tenant))).all())))

    async with database.session() as session:
        after_commit(session, lambda: look("first"))
        session.add(Tenant(name="shop"))
        await session.flush()
        after_commit(session, lambda: look("second"))
        assert seen == []

    assert seen == [("first", 1), ("second", 1)]


async def test_a_call_is_made_when_the_connection_is_back(database: Database) -> None:
    held: list[int] = []

    async def note() -> None:
        held.append(connections.held)

    with watch_connections() as connections:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            await session.flush()
            after_commit(session, note)

    assert (held, connections.taken) == ([0], 1)


async def test_a_failing_call_is_logged_and_the_others_are_made(
    database: Database, made: list[str]
) -> None:
    async def fail() -> None:
        raise RuntimeError("nobody there")

    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    async with database.session() as session:
        session.add(Tenant(name="shop"))
        after_commit(session, fail)
        after_commit(session, noting(made, "after"))
    logger.remove(sink)

    assert made == ["after"]
    [line] = lines
    assert "error after the commit" in line
    assert "nobody there" in line
    async with database.session() as session:
        assert (await session.scalars(select(Tenant.name))).all() == ["shop"]


async def test_an_error_keeps_calls_from_being_made(database: Database, made: list[str]) -> None:
    async def fail() -> None:
        async with database.session() as session:
            after_commit(session, noting(made, "before the first statement"))
            await session.execute(select(1))
            after_commit(session, noting(made, "after it"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert made == []


async def test_a_commit_that_fails_keeps_calls_from_being_made(
    database: Database, made: list[str]
) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the commit failed")

    async def write() -> None:
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            after_commit(session, noting(made, "never"))

    event.listen(Session, "before_commit", fail)
    try:
        with pytest.raises(RuntimeError):
            await write()
    finally:
        event.remove(Session, "before_commit", fail)

    assert made == []


@pytest.mark.parametrize("end", ["rollback", "close"])
async def test_a_session_that_begins_anew_forgets_its_calls(
    database: Database, made: list[str], end: str
) -> None:
    async with database.session() as session:
        after_commit(session, noting(made, "before the first statement"))
        await session.execute(select(1))
        after_commit(session, noting(made, "after it"))
        await getattr(session, end)()
        await session.execute(select(1))
        after_commit(session, noting(made, "anew"))

    assert made == ["anew"]


async def test_a_savepoint_takes_its_calls_with_it(database: Database, made: list[str]) -> None:
    async with database.session() as session:
        after_commit(session, noting(made, "before"))
        outer = await session.begin_nested()
        after_commit(session, noting(made, "outer"))
        async with session.begin_nested():
            after_commit(session, noting(made, "inner"))
        await outer.rollback()
        async with session.begin_nested():
            after_commit(session, noting(made, "released"))
            assert made == []
        assert made == []

    assert made == ["before", "released"]


async def test_an_independent_transaction_makes_only_its_own_calls(
    database: Database, made: list[str]
) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await session.execute(select(1))
            after_commit(session, noting(made, "the request's"))
            async with independent_transaction(session) as own:
                after_commit(own, noting(made, "the survivor's"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert made == ["the survivor's"]


async def test_a_call_is_not_made_twice(database: Database, made: list[str]) -> None:
    async with database.session() as session:
        after_commit(session, noting(made, "once"))
    async with database.session() as session:
        await session.execute(select(1))

    assert made == ["once"]


async def test_cancelling_is_no_error_of_a_call(database: Database, made: list[str]) -> None:
    async def hang() -> None:
        await anyio.sleep_forever()

    async def write() -> None:
        async with database.session() as session:
            after_commit(session, hang)
            after_commit(session, noting(made, "never"))

    with anyio.move_on_after(0.05) as scope:
        await write()

    assert scope.cancelled_caught
    assert made == []
