"""How a rendered service's migrations are written, judged and run, on real databases."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.support.faulty import wait_until
from tests.support.migrating import (
    SERVICE_BRANCH,
    add_order_model,
    alembic,
    assure,
    migrate,
    revise,
    start_alembic,
    write_revision,
)
from tests.support.newer_release import USER_MODEL, replace
from tests.support.rendering import ROOT, run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

# How long a statement waits for others, unless it builds an index: five seconds, until a test that
# would wait as long makes it less.
CONNECTION, LOCK_TIMEOUT, LOCK_SECONDS = "app/db/migrations/connection.py", '"5s"', 0.5
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}'"
MIXINS = "app/db/models/mixins.py"
MIXINS_OF_BIRTH = (ROOT / "template" / MIXINS).read_text(encoding="utf-8")
COLUMNS_OF_THE_TEAM = '''"""Columns of this service's own in the platform's tables."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column


class Badges:
    badge: Mapped[str | None] = mapped_column(String(20), unique=True)


class UserMixin(Badges):
    nickname: Mapped[str | None]
    inviter: Mapped[str | None] = mapped_column("invited_by", ForeignKey("users.email"))


class TenantMixin:
    plan: Mapped[str] = mapped_column(String(20), server_default="free", index=True)
'''
NOT_NULL = 'op.add_column("items", sa.Column("size", sa.Integer(), nullable=False))'
NULLABLE = 'op.add_column("items", sa.Column("colour", sa.String(20)))'


@pytest.fixture
def service(services: Services, tmp_path: Path) -> Path:
    return services.copied(EVERYTHING.answers, tmp_path / "service")


@pytest.fixture
def sqlite(service: Path, tmp_path: Path) -> str:
    """A database at the newest revision, as most developers have it."""
    url = f"sqlite:///{tmp_path}/data.db"
    migrate(service, url)
    return url


@pytest.fixture
def postgresql(service: Path, postgres: Postgres) -> str:
    url = postgres.create_database()
    migrate(service, url)
    return url


@pytest.fixture
def impatient(service: Path) -> None:
    replace(service / CONNECTION, LOCK_TIMEOUT, f'"{LOCK_SECONDS}s"')


def add_locale_to_users(service: Path) -> None:
    with (service / USER_MODEL).open("a", encoding="utf-8") as model:
        model.write("    locale: Mapped[str | None] = mapped_column(String(50))\n")


def add_columns(service: Path) -> None:
    (service / MIXINS).write_text(COLUMNS_OF_THE_TEAM)


def query(url: str, statement: str) -> set[object]:
    with psycopg.connect(url) as connection:
        return {value for (value,) in connection.execute(statement).fetchall()}


def columns(url: str) -> set[object]:
    return query(url, COLUMNS.format("items"))


def test_a_revision_is_written_for_what_the_team_has_added(service: Path, sqlite: str) -> None:
    add_order_model(service)
    path = revise(service, sqlite, "add orders")
    text = path.read_text(encoding="utf-8")

    assert re.fullmatch(r"\d{4}_\d\d_\d\d_[0-9a-f]{12}_add_orders.py", path.name)
    assert 'down_revision = "service_items"\n' in text
    assert 'depends_on = "platform_0001"\n' in text
    for name in ("pk_orders", "uq_orders_tenant_id_number", "fk_orders_tenant_id_tenants"):
        assert f'op.f("{name}")' in text
    assert re.findall(r'op\.\w+(?<!op\.f)\(\s*"(\w+)"', text) == ["orders"] * 3
    run(service, ".venv/bin/ruff", "check", SERVICE_BRANCH)
    run(service, ".venv/bin/ruff", "format", "--check", SERVICE_BRANCH)


def test_no_revision_is_written_for_tables_of_the_platform(service: Path, sqlite: str) -> None:
    add_locale_to_users(service)
    add_columns(service)
    for command in (["make", "migration", "m=add locales"], [".venv/bin/alembic", "check"]):
        with pytest.raises(AssertionError, match=r"the platform's own tables differ: .*locale"):
            run(service, *command, DATABASE_URL=sqlite)
    assert not list((service / SERVICE_BRANCH).glob("*locales*"))


def test_columns_of_the_team_in_tables_of_the_platform_come_and_go(
    service: Path, sqlite: str, postgresql: str
) -> None:
    add_order_model(service)
    add_columns(service)
    added = revise(service, sqlite, "add columns")
    assure(added)
    for name in ("nickname", "badge", "uq_users_badge", "plan", "ix_tenants_plan", "orders"):
        assert name in added.read_text(encoding="utf-8")
    gate = "test_the_migrations_make_what_the_models_say"
    run(service, ".venv/bin/pytest", "--no-cov", "tests/platform/test_migrations.py", "-k", gate)
    for url in (sqlite, postgresql):
        migrate(service, url)
        alembic(service, url, "check")

    (service / MIXINS).write_text(MIXINS_OF_BIRTH)
    dropped = revise(service, sqlite, "drop columns")
    text = dropped.read_text(encoding="utf-8")
    assert text.count('drop_column("nickname")') == 1
    assert text.count('drop_column("plan")') == 1
    assure(dropped)
    for url in (sqlite, postgresql):
        migrate(service, url)
        alembic(service, url, "check")
        alembic(service, url, "downgrade", "service@-2")
        migrate(service, url)
    assert query(postgresql, COLUMNS.format("users")) & {"nickname", "badge"} == set()


def test_a_revision_of_the_platform_leaves_out_what_is_the_teams(
    service: Path, sqlite: str
) -> None:
    """Who writes the template has a service before them, and adds to that."""
    add_order_model(service)
    add_columns(service)
    add_locale_to_users(service)
    options = ["-x", "branch=platform"]
    alembic(service, sqlite, *options, "revision", "--autogenerate", "--message", "locales")
    [path] = service.glob("app/db/migrations/platform/*_locales.py")
    text = path.read_text(encoding="utf-8")

    assert 'down_revision = "platform_0001"\ndepends_on = None\n' in text.replace(
        "branch_labels = None\n", ""
    )
    assert "locale" in text
    assert not re.search("orders|nickname|badge|plan", text)


def test_models_are_compared_with_a_database_that_is_up_to_date(service: Path, sqlite: str) -> None:
    write_revision(service, "colours", NULLABLE)

    for command in (["make", "migration", "m=more"], [".venv/bin/alembic", "check"]):
        with pytest.raises(AssertionError, match=r"not up to date\. Run `make migrate` first"):
            run(service, *command, DATABASE_URL=sqlite)


def test_an_unsafe_upgrade_is_refused_until_it_says_why(service: Path, postgresql: str) -> None:
    write_revision(service, "colours", NULLABLE)
    unsafe = write_revision(service, "sizes", f"{NULLABLE[:-1]}, if_not_exists=True)\n{NOT_NULL}")
    replace(unsafe, 'down_revision = "service_items"', 'down_revision = "colours"')

    with pytest.raises(AssertionError, match=r"Revision sizes, table items: .* server_default\."):
        migrate(service, postgresql)
    # What came before it is done.
    assert query(postgresql, "SELECT version_num FROM alembic_version") == {"colours"}
    assert "colour" in columns(postgresql)
    assert "size" not in columns(postgresql)

    assure(unsafe)
    assert "up to sizes: By hand." in migrate(service, postgresql)
    assert "size" in columns(postgresql)


def test_an_unsafe_upgrade_is_refused_on_an_empty_database(
    service: Path, postgres: Postgres
) -> None:
    """So that CI refuses it, which has no other."""
    write_revision(service, "sizes", NOT_NULL)

    with pytest.raises(AssertionError, match="Revision sizes, table items"):
        migrate(service, postgres.create_database())


def test_new_tables_and_downgrades_are_not_judged(service: Path, postgresql: str) -> None:
    made = [
        'op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))',
        'op.add_column("notes", sa.Column("text", sa.Text(), nullable=False))',
        'op.create_index("ix_notes_text", "notes", ["text"])',
        NULLABLE,
    ]
    taken = ['op.drop_table("notes")', 'op.drop_column("items", "colour")']
    write_revision(service, "notes", "\n".join(made), "\n".join(taken))

    migrate(service, postgresql)
    alembic(service, postgresql, "downgrade", "service@-1")
    assert "colour" not in columns(postgresql)


def test_nothing_is_judged_on_sqlite(service: Path, sqlite: str) -> None:
    write_revision(service, "indexed", 'op.create_index("ix_items_name", "items", ["name"])')

    migrate(service, sqlite)


def test_a_revision_that_fails_has_done_nothing(service: Path, any_url: str) -> None:
    migrate(service, any_url)
    write_revision(service, "colours", f'{NULLABLE}\nop.execute("SELECT nothing")')
    with pytest.raises(AssertionError, match="nothing"):
        migrate(service, any_url)

    write_revision(service, "colours", NULLABLE)
    migrate(service, any_url)


def test_processes_that_migrate_at_once_wait_for_each_other(
    service: Path, postgres: Postgres
) -> None:
    """Also while an index is built, which waits for everybody who looks at the database."""
    slow = 'op.execute("SELECT pg_sleep(1)")\nop.create_table("notes", sa.Column("id", sa.Uuid()))'
    write_revision(service, "slow", slow)
    index = 'op.create_index_concurrently("ix_items_name", "items", ["name"])'
    write_revision(service, "index", index, after="slow")
    url = postgres.create_database()
    processes = [start_alembic(service, url, "upgrade", "heads") for _ in range(3)]
    said = [process.communicate()[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert sorted(len(each.splitlines()) for each in said) == [0, 0, 5]
    assert query(url, "SELECT version_num FROM alembic_version") == {"index"}
    assert query(
        url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_items_name'::regclass"
    )


@pytest.mark.usefixtures("impatient")
def test_an_index_is_built_when_all_others_are_done(service: Path, postgresql: str) -> None:
    """However long that takes, and whatever an attempt that failed has left: that has its name."""
    work = 'op.create_index_concurrently("ix_items_name", "items", ["name"], unique=True)'
    write_revision(service, "index", work)
    with psycopg.connect(postgresql) as connection:
        connection.execute("CREATE INDEX ix_items_name ON items (id)")
        connection.commit()
        connection.execute("SELECT * FROM items")
        process = start_alembic(service, postgresql, "upgrade", "heads")
        wait_until(lambda: bool(query(postgresql, WAITING)))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4 * LOCK_SECONDS)
    said, _ = process.communicate()

    assert process.returncode == 0, said
    [definition] = query(postgresql, "SELECT pg_get_indexdef('ix_items_name'::regclass)")
    assert str(definition).startswith("CREATE UNIQUE INDEX ix_items_name")
    assert str(definition).endswith("(name)")


@pytest.mark.usefixtures("impatient")
def test_a_waiting_migration_holds_up_no_request_for_long(service: Path, postgresql: str) -> None:
    """It gives up, says so, and can be run again."""
    write_revision(service, "colours", NULLABLE)
    with psycopg.connect(postgresql) as connection:
        connection.execute("SELECT * FROM items")
        with pytest.raises(AssertionError, match=r"Somebody holds a table .* Run this again"):
            migrate(service, postgresql)
    assert "colour" not in columns(postgresql)

    migrate(service, postgresql)
    assert "colour" in columns(postgresql)


def test_a_database_that_is_away_is_said_in_a_line(service: Path) -> None:
    with pytest.raises(AssertionError, match="No connection to the database") as refused:
        migrate(service, "postgresql://shop:Zp3kVd0Rw9sX@127.0.0.1:1/shop")
    assert "Traceback" not in str(refused.value)
    assert "Zp3k" not in str(refused.value)
