"""Audit events of a rendered service, in a database that its migrations have made."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

TENANT = uuid4()
COUNT = "SELECT count(*) FROM audit_events"
CHANGES = [
    "UPDATE audit_events SET event = ''",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "TRUNCATE tenants, audit_events CASCADE",
]
RETENTION = """
CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'retention';
GRANT SELECT, DELETE ON audit_events TO {role};
GRANT SET ON PARAMETER session_replication_role TO {role};
"""
Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def url(services: Services, postgres: Postgres) -> str:
    """A database where a tenant has an event."""
    url = postgres.create_database()
    run(services.installed(EVERYTHING.answers), "make", "migrate", DATABASE_URL=url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO tenants (id, created_at, name) VALUES (%s, now(), '')", [TENANT]
        )
        enter(connection, TENANT)
        connection.execute(
            "INSERT INTO audit_events"
            " (tenant_id, id, created_at, event, details, request_id_from_client)"
            " VALUES (%s, gen_random_uuid(), now(), 'sign_in', '{}', false)",
            [TENANT],
        )
    return url


def enter(connection: Connection, tenant_id: UUID) -> None:
    connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_of_the_table_changes_no_event(url: str, change: str) -> None:
    with psycopg.connect(url) as connection:
        enter(connection, TENANT)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute(change)


def test_events_outlive_their_tenant(url: str) -> None:
    with psycopg.connect(url) as connection:
        enter(connection, TENANT)
        connection.execute("DELETE FROM tenants")
        assert connection.execute(COUNT).fetchall() == [(1,)]


@pytest.fixture
def retention_url(url: str, postgres: Postgres) -> Iterator[str]:
    """The same database, for the role that docs/schema.md has made for retention."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    role = f"{info['user']}_retention"
    admin = psycopg.conninfo.make_conninfo(postgres.admin_url, dbname=info["dbname"])
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(RETENTION.format(role=role))
        yield psycopg.conninfo.make_conninfo(url, user=role, password="retention")
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_role_for_retention_lets_events_go(retention_url: str) -> None:
    with psycopg.connect(retention_url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute("DELETE FROM audit_events")
        connection.rollback()
        connection.execute("SET session_replication_role = replica")
        assert connection.execute("DELETE FROM audit_events").rowcount == 1


def test_the_documentation_says_how_retention_is_granted(services: Services) -> None:
    text = (services.rendered(EVERYTHING.answers) / "docs/schema.md").read_text(encoding="utf-8")
    statements = RETENTION.format(role="retention").replace("'retention'", "'...'").strip()

    assert statements in text


def test_no_trigger_is_left_behind(services: Services, url: str) -> None:
    service: Path = services.installed(EVERYTHING.answers)
    run(service, ".venv/bin/alembic", "downgrade", "base", DATABASE_URL=url)

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT FROM pg_proc WHERE proname = 'refuse_change'")
        assert found.fetchall() == []
