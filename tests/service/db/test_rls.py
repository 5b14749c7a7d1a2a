"""Policies of PostgreSQL, met by statements that no session has changed."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.context import open_settings_database
from app.core.config import Settings
from app.db.models.tenant import Tenant
from app.db.rls import TenantSetting
from app.db.session import Database
from service.support.notes import Note, note_tables
from tests.platform.support import Account, make_account


@pytest.fixture
async def narrow(settings: Settings, database: Database) -> AsyncIterator[Database]:
    """The database through one connection: what a transaction leaves behind meets the next one."""
    small = settings.model_copy(update={"database_pool_size": 1})
    if database.engine.dialect.name != "postgresql":
        pytest.skip("set TEST_DATABASE_URL to a PostgreSQL whose database may be emptied")
    async with open_settings_database(small) as narrow, note_tables(narrow.engine):
        yield narrow


@pytest.fixture
async def other(database: Database, narrow: Database, owner: Account) -> Account:
    """An account of another tenant than the owner's. Both tenants have a note."""
    other = await make_account(database, email="bob@example.com")
    for account in (owner, other):
        async with narrow.session(tenant_id=account.tenant_id) as session:
            session.add(Note(text=account.email))
    return other


async def read(connection: AsyncConnection) -> list[str]:
    return list(await connection.scalars(text("SELECT text FROM test_notes")))


async def test_a_transaction_sees_the_rows_of_its_tenant(narrow: Database, other: Account) -> None:
    async with narrow.session(tenant_id=other.tenant_id) as session:
        connection = await session.connection()
        assert await read(connection) == [other.email]
        async with session.begin_nested():
            assert await read(connection) == [other.email]
        await session.rollback()
        assert await read(await session.connection()) == [other.email]


async def test_the_setting_ends_with_its_transaction(narrow: Database, other: Account) -> None:
    for _ in range(2):
        async with narrow.session(tenant_id=other.tenant_id) as session:
            await session.scalars(select(Note))
        async with narrow.engine.connect() as connection:
            assert await read(connection) == []


async def test_without_a_tenant_nothing_is_written(narrow: Database, other: Account) -> None:
    insert = text(
        "INSERT INTO test_notes (tenant_id, id, created_at, text) VALUES (:id, :id, now(), '')"
    )
    async with narrow.engine.connect() as connection:
        assert (await connection.execute(text("UPDATE test_notes SET text = ''"))).rowcount == 0
        assert (await connection.execute(text("DELETE FROM test_notes"))).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(insert, {"id": other.tenant_id})


async def test_a_row_moves_to_no_other_tenant(
    narrow: Database, owner: Account, other: Account
) -> None:
    async with narrow.session(tenant_id=owner.tenant_id) as session:
        connection = await session.connection()
        move = text("UPDATE test_notes SET tenant_id = :id")
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(move, {"id": other.tenant_id})
        await session.rollback()


async def test_a_statement_can_set_the_tenant_that_it_finds(
    narrow: Database, owner: Account, other: Account
) -> None:
    async with narrow.engine.connect() as connection:
        for account, expected in ((owner, owner.tenant_id), (other, other.tenant_id)):
            found = select(TenantSetting(Tenant.id)).where(Tenant.id == expected)
            assert await connection.scalar(found) == str(expected)
            assert await read(connection) == [account.email]

        await connection.execute(select(TenantSetting(None)))
        assert await read(connection) == []


async def test_a_deleted_tenant_takes_its_rows_along(narrow: Database, other: Account) -> None:
    """Foreign keys see past policies."""
    async with narrow.session() as session:
        await session.delete(await session.get_one(Tenant, other.tenant_id))
    async with narrow.session(tenant_id=other.tenant_id) as session:
        assert await read(await session.connection()) == []
