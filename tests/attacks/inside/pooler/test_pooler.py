"""Runs in a service, on PostgreSQL; POOLED_URL is a pooler in transaction mode in front of it."""

import os
from collections.abc import AsyncIterator
from uuid import UUID

import anyio
import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select, text

from app.context import open_settings_database
from app.core.config import Settings
from app.core.settings.database import DatabaseUrl
from app.db.models.item import Item
from app.db.pooler import UnknownPoolerError
from app.db.role import RoleCheck
from app.db.session import Database
from tests.platform.support import Account, make_account

ALL_ITEMS = text("SELECT count(*) FROM items").execution_options(cross_tenant=True)
TENANTS, ROUNDS = 6, 20
# More clients than the pooler has servers.
CLIENTS = 10


@pytest.fixture
def pooled_settings(settings: Settings) -> Settings:
    url = TypeAdapter(DatabaseUrl).validate_python(os.environ["POOLED_URL"])
    changes = {
        "database_url": url,
        "database_pooler": True,
        "database_pool_size": CLIENTS,
        "database_pool_timeout": 30,
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def pooled(pooled_settings: Settings) -> AsyncIterator[Database]:
    async with open_settings_database(pooled_settings) as database:
        yield database


@pytest.fixture
async def tenants(database: Database) -> list[Account]:
    """Accounts, each with as many items as its place in the list says."""
    accounts = [await make_account(database, email=f"{n}@example.com") for n in range(TENANTS)]
    for count, account in enumerate(accounts):
        async with database.session(tenant_id=account.tenant_id) as session:
            session.add_all(
                Item(name=str(number), description="", created_by=account.user_id)
                for number in range(count)
            )
    return accounts


async def count_items(database: Database, tenant_id: UUID | None) -> int | None:
    """Count past the criterion of the session, so that only the policy of the table is left."""
    async with database.session(writes=False, tenant_id=tenant_id) as session:
        count: int | None = await session.scalar(ALL_ITEMS)
        return count


async def test_tenants_are_kept_apart_under_load(pooled: Database, tenants: list[Account]) -> None:
    async def look(place: int) -> None:
        for _ in range(ROUNDS):
            assert await count_items(pooled, tenants[place].tenant_id) == place
            assert await count_items(pooled, None) == 0

    async with anyio.create_task_group() as tasks:
        for place in range(TENANTS):
            tasks.start_soon(look, place)
            tasks.start_soon(look, place)


async def test_a_tenant_that_another_client_left_at_a_server_is_no_ones(
    pooled: Database, tenants: list[Account], pooled_settings: Settings
) -> None:
    """As somebody at a prompt does, who sets it for a session that the pooler gives to others."""
    rich = tenants[-1].tenant_id
    async with open_settings_database(pooled_settings) as other:
        for _ in range(CLIENTS):
            async with other.session() as session:
                await session.execute(text(f"SET app.tenant_id = '{rich}'"))

    async def look() -> None:
        assert await count_items(pooled, None) == 0
        assert await count_items(pooled, tenants[1].tenant_id) == 1

    async with anyio.create_task_group() as tasks:
        for _ in range(CLIENTS):
            tasks.start_soon(look)


async def test_limits_hold_in_every_transaction(pooled: Database) -> None:
    limits = {"statement_timeout": "4500ms", "lock_timeout": "3s", "row_security": "on"}

    async def look() -> None:
        async with pooled.session() as session:
            found = {name: await session.scalar(text(f"SHOW {name}")) for name in limits}
            assert found == limits
            await anyio.sleep(0.01)

    async with anyio.create_task_group() as tasks:
        for _ in range(3 * CLIENTS):
            tasks.start_soon(look)


async def test_statements_of_all_kinds_find_what_was_prepared(pooled: Database) -> None:
    async def work(number: int) -> None:
        async with pooled.session() as session:
            for _ in range(ROUNDS):
                length = await session.scalar(select(func.length(str(number) * 3)))
                assert length == 3 * len(str(number))
                rows = await session.stream(text("SELECT generate_series(1, 120)"))
                assert [row async for (row,) in rows] == list(range(1, 121))
                # Of a type that the driver has to look up.
                assert await session.scalar(text("SELECT '{[1,3)}'::int4multirange")) is not None

    async with anyio.create_task_group() as tasks:
        for number in range(CLIENTS):
            tasks.start_soon(work, number)


async def test_a_pooler_that_is_not_named_is_recognized(pooled_settings: Settings) -> None:
    unnamed = pooled_settings.model_copy(update={"database_pooler": False})
    async with open_settings_database(unnamed) as database:
        with pytest.raises(UnknownPoolerError, match="DATABASE_POOLER=true"):
            await RoleCheck(database.engine, required=True).check_at_start()


async def test_a_pooler_that_is_named_passes(pooled: Database) -> None:
    await RoleCheck(pooled.engine, required=True).check_at_start()
