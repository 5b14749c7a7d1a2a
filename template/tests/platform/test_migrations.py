"""The migrations make what the models say, from nothing, and can be taken back."""

import asyncio
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, inspect, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.core.config import Settings, reload_settings
from app.db.base import Base
from app.db.rls import TenantSetting
from app.db.tenancy import TENANT, scoped_tables
from tests.platform.fixtures import drop_tables, make_tables
from tests.platform.values import value_of
from tests.samples import samples

ROOT = Path(__file__).parents[2]
# Older ones have run wherever there are rows. Each takes a moment here.
NEWEST_REVISIONS = 5

Answer = TypeVar("Answer")
Rows = dict[str, dict[str, Any]]


@pytest.fixture
def config(
    settings: Settings,
    variables: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Config]:
    """Alembic, on a database that has no table; afterwards the tests' tables are made again."""
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reload_settings()
    ask(settings, drop_tables)
    yield Config(ROOT / "alembic.ini")
    asyncio.run(make_tables(settings.database_url))


def ask(settings: Settings, work: Callable[[Connection], Answer]) -> Answer:
    """Returns what comes of some work on the database."""

    async def connect() -> Answer:
        engine = create_async_engine(settings.database_url, poolclass=NullPool)
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    return asyncio.run(connect())


def read_tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


@pytest.mark.parametrize("branch", ["platform", "service"])
def test_the_migrations_make_what_the_models_say(config: Config, branch: str) -> None:
    command.upgrade(config, "heads")
    config.cmd_opts = Namespace(x=[f"branch={branch}"])
    # Raises when autogenerate would find something to write.
    command.check(config)


def test_every_table_of_tenants_has_its_policy(config: Config, settings: Settings) -> None:
    """On PostgreSQL. A table that became one of tenants needs `op.enable_tenant_rls`."""
    command.upgrade(config, "heads")

    expected = {table.name for table in scoped_tables() & set(Base.metadata.sorted_tables)}
    found = ask(settings, read_isolated_tables)
    assert found == (expected if settings.database_url.startswith("postgresql") else set())


def read_isolated_tables(connection: Connection) -> set[str]:
    """Returns the tables whose policy binds every role, for reading and writing alike."""
    if connection.dialect.name != "postgresql":
        return set()
    names = connection.scalars(
        text(
            "SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename"
            " WHERE schemaname = current_schema AND relnamespace = current_schema::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity AND permissive = 'PERMISSIVE'"
            " AND roles = '{public}' AND cmd = 'ALL' AND qual LIKE '%app.tenant_id%'"
        )
    )
    return set(names)


def test_every_migration_can_be_taken_back_from_rows(config: Config, settings: Settings) -> None:
    command.upgrade(config, "heads")
    assert ask(settings, read_tables) == set(Base.metadata.tables)
    ask(settings, fill_tables)

    command.downgrade(config, "base")
    assert ask(settings, read_tables) == set()

    command.upgrade(config, "heads")


def test_the_newest_migrations_can_be_made_on_rows(config: Config, settings: Settings) -> None:
    command.upgrade(config, "heads")
    ask(settings, fill_tables)
    script = ScriptDirectory.from_config(config)
    revisions = list(script.iterate_revisions("service@head", "service_root"))

    for revision in revisions[:NEWEST_REVISIONS]:
        command.downgrade(config, "service@-1")
        command.upgrade(config, revision.revision)
        command.downgrade(config, "service@-1")

    command.upgrade(config, "heads")


def fill_tables(connection: Connection) -> None:
    """Gives each of two tenants a row in every table: one with all columns, one with few."""
    for is_full in (True, False):
        tenant_id = uuid4()
        connection.execute(select(TenantSetting(tenant_id)))
        rows: Rows = {name: dict(row) for name, row in samples.rows.items()}
        rows["tenants"] = {"id": tenant_id}
        for table in Base.metadata.sorted_tables:
            row = rows.setdefault(table.name, {})
            for column in table.columns:
                if column.name not in row and (is_full or not column.nullable):
                    row[column.name] = make_value(column, tenant_id, rows)
            connection.execute(table.insert().values(row))


def make_value(column: Column[Any], tenant_id: UUID, rows: Rows) -> Any:
    if column.name == TENANT:
        return tenant_id
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    return value_of(column.type)


def test_each_branch_has_one_head() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))

    for branch in ("platform", "service"):
        assert len(script.get_revisions(f"{branch}@head")) == 1


def test_sql_without_a_database_is_refused(config: Config) -> None:
    with pytest.raises(SystemExit, match="run against a database"):
        command.upgrade(config, "heads", sql=True)
