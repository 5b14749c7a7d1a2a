from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from app.db.models.tenant import Tenant
from app.db.session import Database

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=2)))


async def test_a_time_comes_back_as_it_went_in(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="shop", created_at=NOON))
    async with database.session() as session:
        [read] = await session.scalars(select(Tenant.created_at))

    assert read == NOON
    assert read.tzinfo == UTC or read.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    async with database.session() as session:
        session.add(Tenant(name="shop", created_at=NOON.replace(tzinfo=None)))
        with pytest.raises(StatementError, match="needs a time zone"):
            await session.flush()
        await session.rollback()
