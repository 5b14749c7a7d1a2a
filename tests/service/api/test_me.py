from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from app.core.security import PasswordCheck, PasswordHasher
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.mailed import token_in
from service.support.tokens import ask_token, bearer
from tests.platform.support import PASSWORD, Account

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"
NEW_PASSWORD = "another quite long password"


async def change(client: AsyncClient, headers: dict[str, str], current: str, new: str) -> int:
    body = {"current_password": current, "new_password": new}
    response = await client.post("/api/v1/auth/password", headers=headers, json=body)
    return response.status_code


async def test_a_name_is_set(client: AsyncClient, owner: Account, sign_in: Headers) -> None:
    response = await client.patch(ME, headers=sign_in(owner), json={"name": " Ann "})

    assert response.status_code == 200
    assert response.json()["name"] == "Ann"
    assert (await client.get(ME, headers=sign_in(owner))).json() == response.json()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": None},
        {"name": ""},
        {"name": "Ann", "email": "bob@example.com"},
        {"name": "Ann", "is_platform_admin": True},
        {"name": "Ann", "role": "owner"},
        {"name": "Ann", "tenant_id": "7e8ad16e-8b3c-4b39-b6a2-6ff4e9b0a001"},
    ],
)
async def test_other_fields_are_refused(
    client: AsyncClient, owner: Account, sign_in: Headers, body: dict[str, object]
) -> None:
    before = (await client.get(ME, headers=sign_in(owner))).json()

    assert (await client.patch(ME, headers=sign_in(owner), json=body)).status_code == 422
    assert (await client.get(ME, headers=sign_in(owner))).json() == before


async def test_a_new_password_ends_the_other_sessions(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    other = bearer(await ask_token(client))

    assert await change(client, sign_in(owner), PASSWORD, NEW_PASSWORD) == 204
    assert (await client.get(ME, headers=other)).status_code == 401
    assert (await client.get(ME, headers=sign_in(owner))).status_code == 200
    assert (await ask_token(client)).status_code == 400
    assert (await ask_token(client, password=NEW_PASSWORD)).status_code == 200


async def test_a_new_password_voids_the_links_that_were_mailed(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    await client.post("/api/v1/auth/password-reset", json={"email": owner.email})
    assert await change(client, sign_in(owner), PASSWORD, NEW_PASSWORD) == 204

    body = {"token": token_in(outbox[0]), "new_password": PASSWORD}
    response = await client.post("/api/v1/auth/password-reset/confirm", json=body)
    assert response.status_code == 400


async def test_a_thief_does_not_overtake_a_reset(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who knows the old password changes it while its owner has set another one."""
    verify = PasswordHasher.verify

    async def reset(self: PasswordHasher, password: str, stored: str | None) -> PasswordCheck:
        async with database.session() as session:
            await session.execute(update(User).values(password_hash="set by its owner"))
        return await verify(self, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", reset)

    assert await change(client, sign_in(owner), PASSWORD, NEW_PASSWORD) == 403
    async with database.session() as session:
        assert await session.scalar(select(User.password_hash)) == "set by its owner"


async def test_a_weak_password_is_refused(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    assert await change(client, sign_in(owner), PASSWORD, "short") == 422
    assert (await ask_token(client)).status_code == 200


async def test_guesses_of_the_password_with_a_token_are_throttled(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    statuses = [await change(client, sign_in(owner), "wrong", NEW_PASSWORD) for _ in range(6)]

    assert statuses == [403] * 5 + [429]
