"""What keeps tenants apart in a rendered service, on databases that its migrations have made."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.migrating import (
    add_order_model,
    assure,
    migrate,
    unlist_item_model,
    write_revision,
)
from tests.support.processes import app, serving
from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack

OURS, THEIRS = uuid4(), uuid4()
PRODUCTION = {
    "ENVIRONMENT": "production",
    "TRUSTED_HOSTS": "127.0.0.1",
    "TRUSTED_PROXIES": "none",
    "METRICS_NETWORKS": "127.0.0.1",
    "PUBLIC_URL": "https://shop.example",
    "SMTP_URL": "smtp://127.0.0.1:1",
    "MAIL_FROM": "shop@example.com",
}
OF_THE_PLATFORM = {"audit_events", "idempotency_keys"}
INSERT = (
    "INSERT INTO items (tenant_id, id, created_at, created_by, name, description)"
    " VALUES (%s, gen_random_uuid(), now(), gen_random_uuid(), 'lamp', '')"
)
# What a migration cannot do under a policy: change rows, and check those behind a foreign key.
UNDER_POLICIES = {
    "backfill": """op.execute("UPDATE items SET description = 'It glows.'")""",
    "foreign key": """with op.batch_alter_table("items") as items:
        items.create_foreign_key("fk", "items", *[["tenant_id", "id"]] * 2)""",
}


@pytest.fixture
def service(services: Services, tmp_path: Path) -> Path:
    return services.copied(EVERYTHING.answers, tmp_path / "service")


@pytest.fixture
def url(service: Path, postgres: Postgres) -> str:
    """A database at the newest revision, where each of two tenants has an item."""
    url = postgres.create_database()
    migrate(service, url)
    with psycopg.connect(url) as connection:
        for tenant_id in (OURS, THEIRS):
            connection.execute(
                "INSERT INTO tenants (id, created_at, name) VALUES (%s, now(), '')", [tenant_id]
            )
            enter(connection, tenant_id)
            connection.execute(INSERT, [tenant_id])
    return url


def enter(connection: "psycopg.Connection[tuple[object, ...]]", tenant_id: UUID) -> None:
    connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])


def read(url: str, statement: str, tenant_id: UUID | None = None) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        if tenant_id:
            enter(connection, tenant_id)
        return connection.execute(statement).fetchall()


def isolated_tables(url: str) -> set[object]:
    statement = """
        SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename
        WHERE relrowsecurity AND relforcerowsecurity
    """
    return {name for (name,) in read(url, statement)}


def test_raw_sql_without_a_tenant_finds_and_writes_nothing(url: str) -> None:
    """As the service's own role, which owns the tables."""
    assert read(url, "SELECT * FROM items") == []
    with psycopg.connect(url) as connection:
        for statement in ("UPDATE items SET name = ''", "DELETE FROM items"):
            assert connection.execute(statement).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(INSERT, [OURS])
    for tenant_id in (OURS, THEIRS):
        assert read(url, "SELECT tenant_id, name FROM items", tenant_id) == [(tenant_id, "lamp")]


def test_raw_sql_of_a_tenant_writes_into_no_other(url: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in (INSERT, "UPDATE items SET tenant_id = %s"):
            enter(connection, OURS)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, [THEIRS])
            connection.rollback()


def test_a_setting_that_a_transaction_leaves_behind_finds_nothing(url: str) -> None:
    """It is '' then and not null, which is no uuid."""
    with psycopg.connect(url) as connection:
        enter(connection, OURS)
        connection.commit()
        assert connection.execute("SELECT * FROM items").fetchall() == []


def test_a_table_that_a_team_adds_has_its_policy(service: Path, any_url: str) -> None:
    """Also one that a downgrade makes again, although no model knows it any more."""
    migrate(service, any_url)
    add_order_model(service)
    unlist_item_model(service)
    run(service, "make", "migration", "m=orders instead of items", DATABASE_URL=any_url)
    [revision] = service.glob("app/db/migrations/service/*_orders_instead_of_items.py")
    upgrade, _, downgrade = revision.read_text().partition("def downgrade")
    assure(revision)

    assert 'op.enable_tenant_rls("orders")' in upgrade
    assert 'op.enable_tenant_rls("items")' in downgrade
    for command, tables in (
        (["upgrade", "heads"], {"orders", *OF_THE_PLATFORM}),
        (["downgrade", "service@-1"], {"items", *OF_THE_PLATFORM}),
        (["upgrade", "heads"], {"orders", *OF_THE_PLATFORM}),
        (["check"], {"orders", *OF_THE_PLATFORM}),
        (["downgrade", "base"], set()),
    ):
        run(service, ".venv/bin/alembic", *command, DATABASE_URL=any_url)
        if any_url.startswith("postgresql"):
            assert isolated_tables(any_url) == tables


def test_a_table_without_a_revision_is_drift(service: Path, url: str) -> None:
    add_order_model(service)

    with pytest.raises(AssertionError, match="enable_tenant_rls"):
        run(service, ".venv/bin/alembic", "check", DATABASE_URL=url)


@pytest.mark.parametrize("work", UNDER_POLICIES.values(), ids=UNDER_POLICIES)
def test_a_migration_says_when_it_works_on_all_tenants(service: Path, url: str, work: str) -> None:
    assure(write_revision(service, "by_hand", work))
    with pytest.raises(AssertionError, match="affected by row-level security policy"):
        migrate(service, url)

    assure(write_revision(service, "by_hand", for_all_tenants(work)))
    migrate(service, url)
    assert isolated_tables(url) == {"items", *OF_THE_PLATFORM}
    assert read(url, "SELECT * FROM items") == []


def test_a_backfill_reaches_the_rows_of_all_tenants(
    service: Path, url: str, tmp_path: Path
) -> None:
    write_revision(service, "by_hand", for_all_tenants(UNDER_POLICIES["backfill"]))
    migrate(service, url)
    migrate(service, f"sqlite:///{tmp_path}/data.db")

    for tenant_id in (OURS, THEIRS):
        assert read(url, "SELECT description FROM items", tenant_id) == [("It glows.",)]


def for_all_tenants(work: str) -> str:
    return "\n    ".join(['with op.all_tenants("items"):', *work.splitlines()])


def test_a_policy_can_be_taken_off(service: Path, url: str) -> None:
    write_revision(service, "by_hand", 'op.disable_tenant_rls("items")')
    migrate(service, url)

    assert isolated_tables(url) == OF_THE_PLATFORM
    assert len(read(url, "SELECT * FROM items")) == 2


@pytest.fixture
def passing_url(url: str, postgres: Postgres) -> str:
    """A database whose role passes every policy."""
    role = psycopg.conninfo.conninfo_to_dict(url)["user"]
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {role} BYPASSRLS")
    return url


def test_a_role_that_passes_policies_keeps_production_from_starting(
    service: Path, passing_url: str, tmp_path: Path
) -> None:
    given = PRODUCTION | {"DATABASE_URL": passing_url}
    with (
        pytest.raises(RuntimeError, match="passes every policy"),
        serving(service, tmp_path / "log", app("serve"), **given),
    ):
        pass


def test_a_role_that_passes_policies_is_reported_in_development(
    service: Path, passing_url: str, tmp_path: Path
) -> None:
    with serving(service, tmp_path / "log", app("serve"), DATABASE_URL=passing_url) as process:
        ready = process.client.get("/health/ready")
    warnings = [line for line in process.log_lines() if line["level"] == "WARNING"]

    assert ready.status_code == 200
    assert ready.json()["checks"]["role"] == "failed"
    assert "passes every policy" in warnings[0]["message"]


def test_the_session_alone_keeps_tenants_apart(services: Services) -> None:
    """Whatever the statement's shape, on SQLite."""
    found = attack(services.installed(EVERYTHING.answers), "isolation")

    assert (found.passed > 150, found.skipped) == (True, 0)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from sqlalchemy import text", "text"),
        ("rows = Item.__table__", "__table__"),
        ("async def f(session): return await session.connection()", "connection"),
        ("def f(statement): return statement.join(Item, full=True)", "full"),
        ("def f(s): return s.execution_options(cross_tenant=True)", "f"),
        ("def f(s): return s.execute(x, execution_options={'cross_tenant': True})", "f"),
    ],
)
def test_code_that_steps_past_the_session_is_found(service: Path, code: str, found: str) -> None:
    (service / "app/crud/sly.py").write_text(f"{code}\n")

    with pytest.raises(AssertionError, match=re.escape(f"crud/sly.py: {found}")):
        run(service, ".venv/bin/pytest", "--no-cov", "tests/platform/test_isolation.py")


def test_no_other_module_reads_below_the_session(service: Path) -> None:
    (service / "app/crud/sly.py").write_text("from app.db.below_session import read_below\n")

    with pytest.raises(AssertionError, match=re.escape("app.crud.sly -> app.db.below_session")):
        run(service, ".venv/bin/lint-imports")
