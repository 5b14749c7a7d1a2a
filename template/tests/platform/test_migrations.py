"""The migrations make what the models say, from nothing, and can be taken back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.config import Settings, reload_settings
from app.db.base import Base
from app.db.tenancy import scoped_tables
from tests.conftest import drop_tables, make_tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """Alembic, on a database that has no table; afterwards the tests' tables are made again."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    reload_settings()
    asyncio.run(empty_database(settings.database_url))
    yield Config(ROOT / "alembic.ini")
    asyncio.run(make_tables(settings.database_url))


async def empty_database(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(drop_tables)
    await engine.dispose()


async def read_tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return set(names) - {"alembic_version"}


def test_the_migrations_make_what_the_models_say(config: Config) -> None:
    command.upgrade(config, "heads")
    # Raises when autogenerate would find something to write.
    command.check(config)


def test_every_table_of_tenants_has_its_policy(config: Config, settings: Settings) -> None:
    """On PostgreSQL. A table that became one of tenants needs `op.enable_tenant_rls`."""
    command.upgrade(config, "heads")

    expected = {table.name for table in scoped_tables() & set(Base.metadata.sorted_tables)}
    found = asyncio.run(read_isolated_tables(settings.database_url))
    assert found == (expected if settings.database_url.startswith("postgresql") else set())


async def read_isolated_tables(url: str) -> set[str]:
    """Returns the tables whose policy binds every role, for reading and writing alike."""
    engine = create_async_engine(url)
    if engine.dialect.name != "postgresql":
        return set()
    async with engine.connect() as connection:
        names = await connection.scalars(
            text(
                "SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename"
                " WHERE schemaname = current_schema AND relnamespace = current_schema::regnamespace"
                " AND relrowsecurity AND relforcerowsecurity AND permissive = 'PERMISSIVE'"
                " AND roles = '{public}' AND cmd = 'ALL' AND qual LIKE '%app.tenant_id%'"
            )
        )
    await engine.dispose()
    return set(names)


def test_every_migration_can_be_taken_back(config: Config, settings: Settings) -> None:
    command.upgrade(config, "heads")
    assert asyncio.run(read_tables(settings.database_url)) == set(Base.metadata.tables)

    command.downgrade(config, "base")
    assert asyncio.run(read_tables(settings.database_url)) == set()

    command.upgrade(config, "heads")


def test_each_branch_has_one_head() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))

    for branch in ("platform", "service"):
        assert len(script.get_revisions(f"{branch}@head")) == 1


def test_sql_without_a_database_is_refused(config: Config) -> None:
    with pytest.raises(SystemExit, match="run against a database"):
        command.upgrade(config, "heads", sql=True)
