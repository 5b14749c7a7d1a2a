"""What the database refuses is the client's matter or passes; only faults are 500."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import BigInteger, literal, select, text
from sqlalchemy.exc import TimeoutError

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
    answer = await client.get(f"/numbers/{number}")

    assert answer.status_code == 422
    assert answer.json()["code"] == "unprocessable_content"
    assert str(number) not in answer.text


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1)],  # noqa: DTZ001
)
async def test_a_time_that_is_none_is_unprocessable(client: AsyncClient, moment: datetime) -> None:
    assert (await client.get(f"/times/{moment.isoformat()}")).status_code == 422


async def test_what_fits_is_stored(client: AsyncClient) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert (await client.get(f"/numbers/{2**63 - 1}")).json() == 2**63 - 1
    assert (await client.get(f"/times/{moment.isoformat()}")).json() == "2026-01-01T00:00:00Z"


async def test_a_conflict_that_nobody_expected_is_one(client: AsyncClient) -> None:
    answer = await client.post("/tenants")

    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"


async def test_a_statement_that_is_wrong_is_a_fault(client: AsyncClient) -> None:
    answer = await client.get("/broken")

    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_waiting_in_vain_for_a_connection_is_no_fault(client: AsyncClient) -> None:
    answer = await client.get("/waits")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_unavailable(settings: Settings) -> None:
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    app = create_app(settings.model_copy(update={"database_url": url}))
    form = {"grant_type": "password", "username": "a@example.com", "password": "x" * 15}

    async with running(app) as client:
        answer = await client.post("/api/v1/auth/token", data=form)

    assert answer.status_code == 503
    assert answer.json()["code"] == "service_unavailable"
    assert answer.headers["retry-after"] == "1"
