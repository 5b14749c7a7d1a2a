"""The migrations make what the models say, from nothing, and can be taken back."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import to_tuple
from sqlalchemy import Connection, inspect, select, text

from app.core.config import reload_settings
from app.db.base import Base
from app.db.rls import TenantSetting
from app.db.tenancy import scoped_tables
from tests.platform.fixtures import drop_tables, make_tables, work_on
from tests.platform.values import Rows, make_row

ROOT = Path(__file__).parents[2]
# Older ones have run wherever there are rows. Each takes a moment here.
NEWEST_REVISIONS = 5


@pytest.fixture
def config(
    database_url: str, variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Config]:
    """Alembic, on a database that has no table; afterwards the tests' tables are made again."""
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reload_settings()
    work_on(database_url, drop_tables)
    yield Config(ROOT / "alembic.ini")
    work_on(database_url, make_tables)


def read_tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


@pytest.mark.parametrize("branch", ["platform", "service"])
def test_the_migrations_make_what_the_models_say(config: Config, branch: str) -> None:
    command.upgrade(config, "heads")
    config.cmd_opts = Namespace(x=[f"branch={branch}"])
    # Raises when autogenerate would find something to write.
    command.check(config)


def test_every_table_of_tenants_has_its_policy(config: Config, database_url: str) -> None:
    """On PostgreSQL. A table that became one of tenants needs `op.enable_tenant_rls`."""
    command.upgrade(config, "heads")

    expected = {table.name for table in scoped_tables() & set(Base.metadata.sorted_tables)}
    found = work_on(database_url, read_isolated_tables)
    assert found == (expected if database_url.startswith("postgresql") else set())


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


def test_every_migration_can_be_taken_back_from_rows(config: Config, database_url: str) -> None:
    command.upgrade(config, "heads")
    assert work_on(database_url, read_tables) == set(Base.metadata.tables)
    work_on(database_url, fill_tables)

    command.downgrade(config, "base")
    assert work_on(database_url, read_tables) == set()

    command.upgrade(config, "heads")


def test_the_newest_migrations_can_be_made_on_rows(config: Config, database_url: str) -> None:
    command.upgrade(config, "heads")
    work_on(database_url, fill_tables)
    script = ScriptDirectory.from_config(config)
    revisions = list(script.iterate_revisions("service@heads", "service_root"))

    for revision in revisions[:NEWEST_REVISIONS]:
        # Of two that a revision joins, either one lies below it alone.
        before, *_ = to_tuple(revision.down_revision)
        command.downgrade(config, before)
        command.upgrade(config, revision.revision)
        command.downgrade(config, before)

    command.upgrade(config, "heads")


def fill_tables(connection: Connection) -> None:
    """Gives each of two tenants a row in every table: one with all columns, one with few."""
    for is_full in (True, False):
        rows: Rows = {"tenants": {"id": uuid4()}}
        connection.execute(select(TenantSetting(rows["tenants"]["id"])))
        for table in Base.metadata.sorted_tables:
            row = make_row(table, rows, is_full=is_full)
            connection.execute(table.insert().values(row))


def test_each_branch_has_one_head() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))

    for branch in ("platform", "service"):
        heads = [each.revision for each in script.get_revisions(f"{branch}@heads") if each]
        assert len(heads) == 1, f'{heads}: make migrate && make migration m="merge" joins them'
