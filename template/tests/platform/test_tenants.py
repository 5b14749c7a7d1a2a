"""A second tenant, with every id of the first one, finds nothing: over HTTP and in SQL."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapper

from app.db.base import Base, now
from app.db.models.invitation import Invitation
from app.db.session import Database
from app.db.tenancy import TenantScoped
from tests.platform.operations import PLATFORM_ADMIN, WEBSOCKET, Operation, callable_operations
from tests.platform.support import Account, SignIn, make_account
from tests.platform.values import Rows, make_row
from tests.platform.walker import Reply, Walker


def mappers() -> list[Mapper[Any]]:
    """Returns the service's models, those that others refer to first."""
    tables = Base.metadata.sorted_tables
    return [each for table in tables for each in Base.registry.mappers if each.local_table is table]


def scoped() -> list[type[Any]]:
    return [each.class_ for each in mappers() if issubclass(each.class_, TenantScoped)]


@pytest.fixture
async def ids(database: Database, owner: Account) -> list[UUID]:
    """The ids of everything that the first tenant has: a row in each table."""
    rows: Rows = {"tenants": {"id": owner.tenant_id}, "users": {"id": owner.user_id}}
    async with database.session(tenant_id=owner.tenant_id) as session:
        models: list[type[Any]] = [*scoped(), Invitation]
        for model in models:
            session.add(model(**make_row(model.__table__, rows)))
            await session.flush()
    made = [row["id"] for row in rows.values() if "id" in row]
    return [*made, owner.session_id]


@pytest.fixture
async def stranger(database: Database, ids: list[UUID], sign_in: SignIn) -> dict[str, str]:
    """The headers of another tenant's owner."""
    return sign_in(await make_account(database, email="stranger@example.com"))


async def read_all(database: Database, account: Account) -> dict[str, set[str]]:
    """Returns every row of the account's tenant and of itself, as text."""
    found = {}
    async with database.session(tenant_id=account.tenant_id) as session:
        for mapper in mappers():
            rows = await session.scalars(select(mapper.class_))
            keys = [attribute.key for attribute in mapper.column_attrs]
            texts = {str({key: getattr(row, key) for key in keys}) for row in rows}
            own = (str(account.tenant_id), str(account.user_id))
            found[mapper.class_.__name__] = {text for text in texts if any(i in text for i in own)}
    return found


async def test_ids_of_another_tenant_are_as_if_they_did_not_exist(
    app: FastAPI,
    walker: Walker,
    database: Database,
    owner: Account,
    ids: list[UUID],
    stranger: dict[str, str],
) -> None:
    before = await read_all(database, owner)
    # Who may see what is public is the decision of app/permissions.py.
    walked = [each for each in callable_operations(app) if each.policy and walker.made_up.ids(each)]
    for each in walked:
        unknown = await walker.send(each, stranger, nobody := uuid4())
        for row_id in ids:
            reply = await walker.send(each, stranger, row_id)
            if reply.status == 101:
                assert reply.text.replace(str(row_id), str(nobody)) == unknown.text, (
                    f"{each} tells an id of another tenant from an unknown one: {reply.text}"
                )
                continue
            expected = 403 if each.policy == PLATFORM_ADMIN else 404
            assert reply.status == expected, explain(each, reply, expected)
            assert str(row_id) not in reply.text, each

    assert await read_all(database, owner) == before
    assert len(walked) > 5


def explain(operation: Operation, reply: Reply, expected: int) -> str:
    remedy = "Read the row through the session of the request before anything else is done"
    if reply.status == 422:
        remedy = "Name what it needs in `parameters`, `bodies` or `files` of tests/samples.py"
    elif reply.called:
        remedy = f"Read the row before {', '.join(reply.called)} is called"
    return (
        f"{operation}, with an id of another tenant: {reply.status} and not {expected}. {remedy}."
        f" It sent {reply.text}"
    )


async def test_no_list_shows_a_row_of_another_tenant(
    app: FastAPI, walker: Walker, ids: list[UUID], stranger: dict[str, str]
) -> None:
    for each in callable_operations(app):
        if each.method not in ("GET", WEBSOCKET) or walker.made_up.ids(each):
            continue
        reply = await walker.send(each, stranger)
        found = [row_id for row_id in ids if str(row_id) in reply.text]
        assert found == [], f"{each} shows what is another tenant's: {reply.text}"
        is_well = reply.status < 500 or reply.called or each.path.startswith("/health")
        assert is_well, f"{each}: {reply.status}. It sent {reply.text}"


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
