"""What the database refuses is the client's matter or passes; only faults are 500."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import BigInteger, literal, select, text
from sqlalchemy.exc import OperationalError, TimeoutError

from app.api.database_errors import find_meaning
from app.api.deps import SessionDep
from app.core.config import Settings
from app.db.base import UTCDateTime
from app.db.models.tenant import Tenant
from app.main import create_app
from tests.platform.support import running


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)

    @app.get("/numbers/{number}")
    async def get_number(session: SessionDep, number: int) -> int | None:
        return await session.scalar(select(literal(number, BigInteger)))

    @app.get("/times/{moment}")
    async def get_time(session: SessionDep, moment: datetime) -> datetime | None:
        return await session.scalar(select(literal(moment, UTCDateTime)))

    @app.post("/tenants")
    async def create_tenants(session: SessionDep) -> None:
        first = Tenant(name="first")
        session.add(first)
        await session.flush()
        await session.execute(text("SELECT 1"))
        session.expunge(first)
        session.add(Tenant(id=first.id, name="second"))

    @app.get("/broken")
    async def get_broken(session: SessionDep) -> None:
        await session.execute(text("SELECT secret FROM nothing"))

    @app.get("/waits")
    async def get_nothing() -> None:
        raise TimeoutError("secret")

    return app


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**25])
async def test_a_number_without_room_is_unprocessable(client: AsyncClient, number: int) -> None:
    response = await client.get(f"/numbers/{number}")

    assert response.status_code == 422
    assert response.json()["code"] == "unprocessable_content"
    assert str(number) not in response.text


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1)],  # noqa: DTZ001
)
async def test_a_time_that_is_none_is_unprocessable(client: AsyncClient, moment: datetime) -> None:
    assert (await client.get(f"/times/{moment.isoformat()}")).status_code == 422


async def test_values_within_limits_are_stored(client: AsyncClient) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert (await client.get(f"/numbers/{2**63 - 1}")).json() == 2**63 - 1
    assert (await client.get(f"/times/{moment.isoformat()}")).json() == "2026-01-01T00:00:00Z"


async def test_a_conflict_that_nobody_expected_is_one(client: AsyncClient) -> None:
    response = await client.post("/tenants")

    assert response.status_code == 409
    assert response.json()["code"] == "conflict"


async def test_a_statement_that_is_wrong_is_a_fault(client: AsyncClient) -> None:
    response = await client.get("/broken")

    assert response.status_code == 500
    assert "secret" not in response.text


async def test_waiting_in_vain_for_a_connection_is_no_fault(client: AsyncClient) -> None:
    response = await client.get("/waits")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "secret" not in response.text


async def test_a_database_that_is_away_is_unavailable(settings: Settings) -> None:
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    app = create_app(settings.model_copy(update={"database_url": url}))
    form = {"grant_type": "password", "username": "a@example.com", "password": "x" * 15}

    async with running(app) as client:
        response = await client.post("/api/v1/auth/token", data=form)

    assert response.status_code == 503
    assert response.json()["code"] == "service_unavailable"
    assert response.headers["retry-after"] == "1"


# What passes by itself, and what no waiting mends.
PASSING = {"BUSY", "CANTOPEN", "FULL", "IOERR", "LOCKED", "NOMEM", "PROTOCOL", "READONLY"}
NAMES = [name for name in vars(sqlite3) if name.startswith("SQLITE_") and "CONSTRAINT" not in name]


def find_status(name: str) -> int:
    error = sqlite3.OperationalError("of a client")
    error.sqlite_errorname = name
    meaning = find_meaning(OperationalError("", {}, error))
    return meaning[0].status if meaning else 500


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_state_of_sqlite_that_passes_is_503(kind: str) -> None:
    """With all the names that SQLite has for it, as SQLITE_IOERR_WRITE."""
    names = [name for name in NAMES if name.split("_")[1] == kind]

    assert len(names) > 0
    assert {find_status(name) for name in names} == {503}


@pytest.mark.parametrize(
    "name", ["SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_NOTADB", "SQLITE_MISUSE"]
)
def test_a_fault_of_sqlite_is_one(name: str) -> None:
    assert find_status(name) == 500


async def test_a_full_database_is_503_and_passes(settings: Settings, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/full.db"
    app = create_app(settings.model_copy(update={"database_url": url, "database_pool_size": 1}))

    @app.post("/fill")
    async def fill(session: SessionDep, pages: int) -> None:
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))
        await session.execute(text("CREATE TABLE IF NOT EXISTS rooms (wide BLOB)"))
        await session.execute(text("INSERT INTO rooms VALUES (zeroblob(100000))"))

    async with running(app) as client:
        refused = await client.post("/fill", params={"pages": 10})
        passed = await client.post("/fill", params={"pages": 1000})

    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert refused.headers["retry-after"]
    assert passed.status_code == 200
