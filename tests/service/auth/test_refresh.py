"""Refresh tokens: each is good once, and a second use of it betrays a thief."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import delete, select, update

from app.core.config import Settings
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.main import create_app
from service.support.audited import read_events
from service.support.tokens import ask_token, bearer, refresh, refresh_token
from tests.platform.support import Account, make_account, running

ME = "/api/v1/auth/me"


async def sign_in(client: AsyncClient) -> str:
    return refresh_token(await ask_token(client))


async def age(database: Database, by: timedelta) -> None:
    """Lets the last use of every session lie further back."""
    async with database.session() as session:
        await session.execute(update(UserSession).values(last_used_at=now() - by))


async def test_each_use_gives_another_token(client: AsyncClient, owner: Account) -> None:
    first = await sign_in(client)
    second = await refresh(client, first)
    third = await refresh(client, refresh_token(second))

    assert len({first, refresh_token(second), refresh_token(third)}) == 3
    assert (await client.get(ME, headers=bearer(third))).status_code == 200


async def test_uses_at_one_time_have_one_successor(client: AsyncClient, owner: Account) -> None:
    token = await sign_in(client)
    responses = await asyncio.gather(*(refresh(client, token) for _ in range(5)))

    assert len({refresh_token(response) for response in responses}) == 1
    assert (await refresh(client, refresh_token(responses[0]))).status_code == 200


async def test_a_later_use_ends_the_session(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    token = await sign_in(client)
    successor = await refresh(client, token)
    await age(database, timedelta(seconds=6))
    reused = await refresh(client, token)

    assert reused.status_code == 400
    assert reused.json()["error"] == "invalid_grant"
    assert (await client.get(ME, headers=bearer(successor))).status_code == 401
    assert (await refresh(client, refresh_token(successor))).status_code == 400
    assert (await read_events(database, owner.tenant_id))[-1] == "refresh.reused"


async def test_the_token_before_the_last_ends_the_session_at_once(
    client: AsyncClient, owner: Account
) -> None:
    first = await sign_in(client)
    third = await refresh(client, refresh_token(await refresh(client, first)))

    assert (await refresh(client, first)).status_code == 400
    assert (await client.get(ME, headers=bearer(third))).status_code == 401


async def test_without_grace_a_second_use_ends_the_session(
    settings: Settings, database: Database, owner: Account
) -> None:
    strict = settings.model_copy(update={"refresh_grace_seconds": 0})
    async with running(create_app(strict)) as client:
        token = await sign_in(client)
        successor = await refresh(client, token)

        assert (await refresh(client, token)).status_code == 400
        assert (await refresh(client, refresh_token(successor))).status_code == 400


async def test_another_secret_of_a_known_family_ends_the_session(
    client: AsyncClient, owner: Account
) -> None:
    granted = await ask_token(client)
    family, _, secret = refresh_token(granted).partition(".")

    assert (await refresh(client, f"{family}.{secret[::-1]}")).status_code == 400
    assert (await client.get(ME, headers=bearer(granted))).status_code == 401


@pytest.mark.parametrize("column", ["expires_at", "idle_expires_at"])
async def test_a_session_that_is_over_gives_no_token(
    client: AsyncClient, database: Database, owner: Account, column: str
) -> None:
    token = await sign_in(client)
    async with database.session() as session:
        await session.execute(update(UserSession).values({column: now()}))

    assert (await refresh(client, token)).status_code == 400


async def test_a_session_lasts_as_long_as_the_settings_say(
    settings: Settings, database: Database, owner: Account
) -> None:
    short = settings.model_copy(update={"session_ttl": 5000, "session_idle_ttl": 700})
    async with running(create_app(short)) as client:
        await sign_in(client)
    async with database.session() as session:
        found = await session.scalars(select(UserSession).order_by(UserSession.created_at.desc()))
        newest = found.first()

    assert newest
    assert newest.expires_at - newest.last_used_at == timedelta(seconds=5000)
    assert newest.idle_expires_at - newest.last_used_at == timedelta(seconds=700)


async def test_a_refresh_puts_off_the_idle_expiry_only(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    token = await sign_in(client)
    soon = now() + timedelta(minutes=1)
    async with database.session() as session:
        await session.execute(update(UserSession).values(idle_expires_at=soon, expires_at=soon))
    await refresh(client, token)

    async with database.session() as session:
        found = await session.scalars(select(UserSession).order_by(UserSession.created_at.desc()))
        newest = found.first()
    assert newest
    assert newest.expires_at == soon
    assert newest.idle_expires_at > soon


async def test_a_removed_member_acts_in_no_tenant_until_one_is_requested(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    """What a client goes on writing must not land in another tenant."""
    granted = await ask_token(client)
    headers = bearer(granted)
    other = (await client.post("/api/v1/tenants", headers=headers, json={"name": "Other"})).json()
    async with database.session() as session:
        await session.execute(delete(Membership).where(Membership.tenant_id == owner.tenant_id))
    refreshed = await refresh(client, refresh_token(granted))
    assert (await client.get(ME, headers=bearer(refreshed))).json()["tenant_id"] is None

    asked = await refresh(client, refresh_token(refreshed), tenant=other["id"])
    assert (await client.get(ME, headers=bearer(asked))).json()["tenant_id"] == other["id"]


@pytest.mark.parametrize("exists", [True, False])
async def test_a_tenant_of_others_is_not_switched_to(
    client: AsyncClient, database: Database, owner: Account, exists: bool
) -> None:
    stranger = await make_account(database, email="stranger@example.com")
    tenant_id = stranger.tenant_id if exists else uuid4()
    token = await sign_in(client)
    response = await refresh(client, token, tenant=str(tenant_id))

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    # The token was not used up by it.
    assert (await refresh(client, token)).status_code == 200


async def test_without_grace_clocks_that_differ_give_none(
    settings: Settings, database: Database, owner: Account
) -> None:
    strict = settings.model_copy(update={"refresh_grace_seconds": 0})
    async with running(create_app(strict)) as client:
        token = await sign_in(client)
        await refresh(client, token)
        await age(database, timedelta(seconds=-3))

        assert (await refresh(client, token)).status_code == 400


async def test_no_token_is_stored(client: AsyncClient, database: Database, owner: Account) -> None:
    token = await sign_in(client)
    async with database.session() as session:
        rows = (await session.execute(select(*UserSession.__mapper__.columns))).all()

    for part in token.split("."):
        assert part not in str(rows)
