"""Statements on every table of tenants, a service's own included, with the ids of another tenant."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.db.base import now
from app.db.session import Database
from tests.platform import test_tenants
from tests.platform.support import Account, make_account
from tests.platform.test_tenants import read_all, scoped

ids = test_tenants.ids


@pytest.mark.parametrize("model", scoped(), ids=lambda model: model.__name__)
async def test_no_statement_reaches_a_row_of_another_tenant(
    database: Database, owner: Account, ids: list[UUID], model: type[Any]
) -> None:
    other = await make_account(database, email="other@example.com")
    before = await read_all(database, owner)
    async with database.session(tenant_id=other.tenant_id) as session:
        for row_id in ids:
            assert await session.get(model, (owner.tenant_id, row_id)) is None
        assert (await session.scalars(select(model))).all() == []
        await session.execute(update(model).values(created_at=now()))
        await session.execute(delete(model))

    assert await read_all(database, owner) == before
    assert before[model.__name__]
