"""What ends a session, and what counts at once."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import delete, update

from app.core.principal import Role
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from service.support.tokens import TOKEN, ask_token, bearer, refresh
from tests.platform.support import (
    PASSWORD,
    Account,
)

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"


@pytest.mark.parametrize(
    "ending",
    [
        delete(UserSession),
        delete(Membership),
        update(UserSession).values(revoked_at=now()),
        update(UserSession).values(expires_at=now()),
        update(UserSession).values(idle_expires_at=now()),
        update(User).values(disabled_at=now()),
    ],
    ids=["deleted", "not a member", "revoked", "expired", "idle", "disabled"],
)
async def test_a_token_ends_with_what_it_stands_for(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, ending: Any
) -> None:
    assert (await client.get(ME, headers=sign_in(owner))).status_code == 200
    async with database.session() as session:
        await session.execute(ending)

    assert (await client.get(ME, headers=sign_in(owner))).status_code == 401


async def test_a_changed_role_counts_at_the_next_request(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    async with database.session() as session:
        await session.execute(update(Membership).values(role=Role.VIEWER))

    assert (await client.get(ME, headers=sign_in(owner))).json()["role"] == "viewer"


async def test_logging_out_ends_both_tokens(client: AsyncClient, owner: Account) -> None:
    granted, other = await ask_token(client), await ask_token(client)
    headers = bearer(granted)

    assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
    assert (await client.get(ME, headers=headers)).status_code == 401
    assert (await refresh(client, granted.json()["refresh_token"])).status_code == 400
    assert (await client.get(ME, headers=bearer(other))).status_code == 200


async def test_logging_out_everywhere_ends_every_session(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    granted = await ask_token(client)

    assert (await client.post("/api/v1/auth/logout-all", headers=sign_in(owner))).status_code == 204
    assert (await client.get(ME, headers=sign_in(owner))).status_code == 401
    assert (await refresh(client, granted.json()["refresh_token"])).status_code == 400


async def test_sessions_are_listed_and_ended_one_by_one(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    granted = await client.post(
        TOKEN,
        data={"grant_type": "password", "username": owner.email, "password": PASSWORD},
        headers={"User-Agent": "a phone"},
    )
    listed = (await client.get("/api/v1/auth/sessions", headers=sign_in(owner))).json()["items"]
    [phone] = [each for each in listed if each["user_agent"] == "a phone"]

    assert len(listed) == 2
    path = f"/api/v1/auth/sessions/{phone['id']}"
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 204
    assert (await client.get(ME, headers=bearer(granted))).status_code == 401
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 404
