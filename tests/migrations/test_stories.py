"""What happens to a service's database over its life, on SQLite and PostgreSQL alike."""

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree

import psycopg
import pytest
from copier import VcsRef

from tests.support.faulty import wait_until
from tests.support.migrating import (
    ORDER_MODEL,
    SERVICE_BRANCH,
    add_order_model,
    alembic,
    assure,
    migrate,
    revise,
)
from tests.support.processes import EMAIL, app, prepare, serving
from tests.support.recipes import follow
from tests.support.releases import (
    NEWER,
    Releases,
    conflicts,
    update,
)
from tests.support.rendering import NEWEST, Combination, commit, run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

WITHOUT = Combination.of(use_redis=True)
EXAMPLE_MIGRATION = f"{SERVICE_BRANCH}/2026_11_24_items.py"
MIXINS = "app/db/models/mixins.py"
NICKNAMES = """from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class UserMixin:
    nickname: Mapped[str | None] = mapped_column(String(50))


class TenantMixin: ...
"""
AN_ITEM = """
    INSERT INTO items (tenant_id, id, created_at, created_by, name, description)
    SELECT id, id, created_at, id, 'lamp', '' FROM tenants
"""
AN_ORDER = """
    INSERT INTO orders (tenant_id, id, created_at, number, quantity)
    SELECT id, id, created_at, 'A-1', 3 FROM tenants
"""
# What a database of all revisions has, whichever came first.
ROWS = {
    "SELECT email, nickname, locale FROM users": [(EMAIL, "Ann", "en")],
    "SELECT name FROM tenants": [("My Service the newer",)],
    "SELECT role FROM memberships": [("owner",)],
    "SELECT name FROM items": [("lamp",)],
    "SELECT number, quantity, note FROM orders": [("A-1", 3, "none")],
}
SCHEMA = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    ORDER BY table_name, column_name
"""


@pytest.fixture
def service(releases: Releases, services: Services, tmp_path: Path) -> Path:
    return born(EVERYTHING, releases, services, tmp_path / "service")


def born(combination: Combination, releases: Releases, services: Services, place: Path) -> Path:
    """Make a service as its team has it after the birth."""
    service = releases.born(combination.answers, NEWEST, place)
    (service / ".venv").symlink_to(services.installed(EVERYTHING.answers) / ".venv")
    (service / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    run(service, ".venv/bin/python", "scripts/make_env.py")
    return service


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The database of the developers, for which revisions are written."""
    return f"sqlite:///{tmp_path}/data.db"


@pytest.fixture
def urls(sqlite: str, postgres: Postgres) -> list[str]:
    return [sqlite, postgres.create_database()]


def use(service: Path, urls: list[str], combination: Combination = EVERYTHING) -> None:
    """Let the service have its tables, an owner and an item."""
    for url in urls:
        prepare(service, combination, {"DATABASE_URL": url})
        query(url, AN_ITEM)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Execute a statement for the one tenant that there is."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
            return database.execute(statement).fetchall()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', id::text, true) FROM tenants")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def grow(service: Path, urls: list[str]) -> list[Path]:
    """Let the team add a table, a column of it, and a column of the platform's table of users.

    The revision of the columns is still to be run.
    """
    add_order_model(service)
    table = revise(service, urls[0], "add orders")
    for url in urls:
        migrate(service, url)
        query(url, AN_ORDER)

    with (service / ORDER_MODEL).open("a", encoding="utf-8") as model:
        model.write('    note: Mapped[str] = mapped_column(String(80), server_default="none")\n')
    (service / MIXINS).write_text(NICKNAMES, encoding="utf-8")
    columns = revise(service, urls[0], "add notes and nicknames")
    text = columns.read_text(encoding="utf-8")
    filled = "    op.execute(\"UPDATE users SET nickname = 'Ann'\")"
    columns.write_text(
        text.replace("\n\n\ndef down", f"\n{filled}\n\n\ndef down"), encoding="utf-8"
    )
    return [table, columns]


def take_release(service: Path) -> None:
    """The release brings a revision that changes users, too."""
    update(service, NEWER)
    assert conflicts(service) == []
    commit(service, "Update")


def become_ready(service: Path, url: str, log: Path) -> None:
    """Run the migrations beside the new release, which waits for them."""
    with serving(service, log, app("serve"), DATABASE_URL=url) as process:
        assert process.client.get("/health/ready").status_code == 503
        migrate(service, url)
        # Requests share a result for a second.
        wait_until(lambda: process.client.get("/health/ready").status_code == 200)


def assert_all_is_there(service: Path, urls: list[str], postgres: Postgres) -> None:
    for url in urls:
        alembic(service, url, "check")
        assert {statement: query(url, statement) for statement in ROWS} == ROWS
    fresh = postgres.create_database()
    migrate(service, fresh)
    assert query(fresh, SCHEMA) == query(urls[-1], SCHEMA)


def test_a_release_comes_after_the_teams_revisions(
    service: Path, urls: list[str], postgres: Postgres, tmp_path: Path
) -> None:
    use(service, urls)
    revisions = grow(service, urls)
    for url in urls:
        migrate(service, url)
    assert_depend_on(revisions, "platform_0001")
    old = copytree(service, tmp_path / "old", symlinks=True)
    commit(service, "Sell things")
    take_release(service)

    for url in urls:
        become_ready(service, url, tmp_path / "log")
    assert_all_is_there(service, urls, postgres)
    # While the new release rolls out, the old one goes on.
    with serving(old, tmp_path / "log", app("serve"), DATABASE_URL=urls[-1]) as process:
        assert process.client.get("/health/ready").status_code == 200


def test_a_release_comes_before_the_teams_revisions(
    service: Path, urls: list[str], postgres: Postgres, tmp_path: Path
) -> None:
    use(service, urls)
    take_release(service)
    for url in urls:
        migrate(service, url)
    assert_depend_on(grow(service, urls), "platform_newer")

    for url in urls:
        become_ready(service, url, tmp_path / "log")
    assert_all_is_there(service, urls, postgres)


def assert_depend_on(revisions: list[Path], platform: str) -> None:
    for revision in revisions:
        assert f'depends_on = "{platform}"\n' in revision.read_text(encoding="utf-8")


def test_the_example_goes_before_the_first_deployment(
    service: Path, urls: list[str], tmp_path: Path
) -> None:
    follow("Delete the example", service)
    (service / EXAMPLE_MIGRATION).unlink()

    for url in urls:
        become_ready(service, url, tmp_path / "log")
        alembic(service, url, "check")
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
            query(url, "SELECT * FROM items")
    add_order_model(service)
    assert 'down_revision = "service_root"\n' in revise(service, urls[0], "orders").read_text()
    for url in urls:
        become_ready(service, url, tmp_path / "log")


def test_the_example_goes_after_the_first_deployment(
    service: Path, urls: list[str], tmp_path: Path
) -> None:
    use(service, urls)
    follow("Delete the example", service)
    revision = revise(service, urls[0], "drop items")
    with pytest.raises(AssertionError, match="table items: the release that serves"):
        migrate(service, urls[-1])
    assure(revision)

    for url in urls:
        become_ready(service, url, tmp_path / "log")
        alembic(service, url, "check")
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
            query(url, "SELECT * FROM items")
        assert query(url, "SELECT email FROM users") == [(EMAIL,)]


def test_migrations_come_later(
    releases: Releases, services: Services, urls: list[str], tmp_path: Path
) -> None:
    """The tables are those that would have been made by migrations."""
    service = born(WITHOUT, releases, services, tmp_path / "service")
    use(service, urls, WITHOUT)
    update(service, VcsRef.CURRENT, use_alembic=True)
    empty = f"sqlite:///{tmp_path}/empty.db"
    migrate(service, empty)
    revise(service, empty, "what there is")

    for url in urls:
        alembic(service, url, "stamp", "heads")
        alembic(service, url, "check")
        assert query(url, "SELECT name FROM items") == [("lamp",)]
    commit(service, "Migrate")
    take_release(service)
    for url in urls:
        assert "up to platform_newer" in migrate(service, url)
