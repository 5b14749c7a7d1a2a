"""What runs below the session reads no table of tenants, whatever its shape."""

from collections.abc import AsyncIterator

import anyio
import pytest
from sqlalchemy import Executable, bindparam, event, exists, literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlalchemy.util.concurrency import await_

from app.context import open_settings_database
from app.core.config import Settings
from app.db.below_session import TenantlessStatement, read_below
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.session import Database
from app.db.tenancy import IsolationError
from service.support.notes import NOTES, Note, note_tables

TENANT_NAME = TenantlessStatement(select(Tenant.name).where(Tenant.name == bindparam("name")))
SCOPED: dict[str, Executable] = {
    "column": select(Note.text),
    "entity": select(Note),
    "alias": select(aliased(Note).text),
    "join": select(User.id).join(Note, Note.id == User.id),
    "condition": select(User.id).where(User.id == Note.id),
    "exists": select(User.id).where(exists().where(Note.id == User.id)),
    "in": select(User.id).where(User.id.in_(select(Note.id))),
    "scalar": select(select(Note.id).scalar_subquery()),
    "subquery": select(select(Note.id).subquery()),
    "cte": select(select(Note.id).cte()),
    "union": select(User.id).union(select(Note.id)),
    "table": select(NOTES.c.text),
    "text": text("SELECT text FROM test_notes"),
    "literal": select(literal_column("text")).select_from(text("test_notes")),
}


@pytest.fixture(autouse=True)
async def tables(database: Database) -> AsyncIterator[None]:
    async with note_tables(database.engine):
        yield


@pytest.mark.parametrize("statement", SCOPED.values(), ids=SCOPED)
async def test_tables_of_tenants_are_refused(database: Database, statement: Executable) -> None:
    scoped = TenantlessStatement(statement)

    async with database.session(writes=False) as session:
        with pytest.raises(IsolationError, match="test_notes"):
            await read_below(session, scoped, {})
    with pytest.raises(IsolationError, match="test_notes"):
        await database.read_alone(scoped, {})


async def test_a_row_is_read_in_the_transaction_of_the_session(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="shop"))
        await session.flush()
        row = await read_below(session, TENANT_NAME, {"name": "shop"})
        nothing = await read_below(session, TENANT_NAME, {"name": "office"})
        await session.rollback()

    assert (row, nothing) == (("shop",), None)


async def test_a_row_is_read_alone(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="shop"))

    assert await database.read_alone(TENANT_NAME, {"name": "shop"}) == ("shop",)
    assert await database.read_alone(TENANT_NAME, {"name": "office"}) is None


async def test_a_connection_that_read_alone_has_transactions_again(settings: Settings) -> None:
    """All take turns on the connections of one pool."""
    one = settings.model_copy(update={"database_pool_size": 1})
    async with open_settings_database(one) as database:
        with pytest.raises(SQLAlchemyError):
            await database.read_alone(TENANT_NAME, {})
        async with database.session() as session:
            session.add(Tenant(name="shop"))
            await session.flush()
            await session.rollback()

        assert await database.read_alone(TENANT_NAME, {"name": "shop"}) is None


async def test_a_cancelled_read_gives_its_connection_back(settings: Settings) -> None:
    def hang(*_: object) -> None:
        await_(anyio.sleep_forever())

    one = settings.model_copy(update={"database_pool_size": 1})
    async with open_settings_database(one) as database:
        event.listen(database.engine.sync_engine, "before_cursor_execute", hang)
        with anyio.move_on_after(0.05) as scope:
            await database.read_alone(TENANT_NAME, {"name": "shop"})
        event.remove(database.engine.sync_engine, "before_cursor_execute", hang)

        assert scope.cancelled_caught
        assert await database.read_alone(TENANT_NAME, {"name": "shop"}) is None
