"""Fixtures that a team wrote to empty tables go on working, on a real PostgreSQL."""

from pathlib import Path

import pytest

from tests.support.rendering import Combination, run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, NOTHING, Services, named
from tests.support.suites import UNMEASURED, results

OWN_TESTS = """
from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from app.db.base import Base
from app.db.models.audit_event import AuditEvent
from app.db.session import Database
from tests.platform.fixtures import work_on
from tests.platform.support import PASSWORD, Account, SignIn

EVERY = ", ".join(table.name for table in Base.metadata.sorted_tables)


def truncate(connection: Connection) -> None:
    connection.execute(text(f"TRUNCATE {EVERY}"))


@pytest.fixture
def emptied_before(database_url: str) -> None:
    work_on(database_url, truncate)


@pytest.fixture
async def emptied_after(database: Database) -> AsyncIterator[None]:
    yield
    async with database.engine.begin() as connection:
        await connection.execute(text("TRUNCATE audit_events"))
        await connection.execute(text("TRUNCATE tenants, users RESTART IDENTITY CASCADE"))


@pytest.mark.parametrize("turn", range(2))
@pytest.mark.usefixtures("emptied_before", "emptied_after")
async def test_each_turn_finds_empty_tables(
    client: AsyncClient, database: Database, owner: Account, turn: int
) -> None:
    form = {"grant_type": "password", "username": owner.email, "password": PASSWORD}
    assert (await client.post("/api/v1/auth/token", data=form)).status_code == 200
    async with database.session(tenant_id=owner.tenant_id) as session:
        assert await session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_a_database_that_somebody_else_made_says_what_to_do(database_url: str) -> None:
    def make_and_truncate(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER ALL"))
        truncate(connection)

    with pytest.raises(DBAPIError, match="append-only: docs/schema.md says .* how tests"):
        work_on(database_url, make_and_truncate)
"""


@pytest.mark.parametrize("combination", named([EVERYTHING, NOTHING]))
def test_tables_are_emptied_by_truncate(
    combination: Combination, services: Services, postgres: Postgres, tmp_path: Path
) -> None:
    service = services.copied(combination.answers, tmp_path / "service")
    (service / "tests" / "test_emptied.py").write_text(OWN_TESTS, encoding="utf-8")
    command = [".venv/bin/pytest", UNMEASURED, "tests/test_emptied.py", "tests/api"]
    ran = results(run(service, *command, TEST_DATABASE_URL=postgres.create_database()))

    assert ran.passed > 3
    assert ran.skipped == 0
