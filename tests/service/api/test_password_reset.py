"""A new password by mail."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from app.db.base import now
from app.db.models.one_time_token import OneTimeToken
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.mailed import OTHER_PASSWORD, confirm, post, token_in
from service.support.tokens import ask_token
from tests.platform.support import Account


async def test_a_reset_sets_the_password_and_ends_all_sessions(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Callable[[Account], dict[str, str]],
    outbox: list[Mail],
) -> None:
    await post(client, "password-reset", email=owner.email)
    body = {"token": token_in(outbox[0]), "new_password": OTHER_PASSWORD}
    response = await post(client, "password-reset/confirm", **body)

    assert response.status_code == 204
    assert (await client.get("/api/v1/auth/me", headers=sign_in(owner))).status_code == 401
    assert (await ask_token(client)).status_code == 400
    assert (await ask_token(client, password=OTHER_PASSWORD)).status_code == 200
    assert (await post(client, "password-reset/confirm", **body)).status_code == 400
    assert "password.reset" in await read_events(database, owner.tenant_id)


async def test_a_reset_confirms_the_address(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(verified_at=None))
    await post(client, "password-reset", email=owner.email)
    body = {"token": token_in(outbox[0]), "new_password": OTHER_PASSWORD}
    await post(client, "password-reset/confirm", **body)

    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is not None


async def test_a_refused_password_leaves_the_token_good(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    token = token_in(outbox[0])

    weak = await post(client, "password-reset/confirm", token=token, new_password="short")
    assert weak.status_code == 422
    strong = await post(client, "password-reset/confirm", token=token, new_password=OTHER_PASSWORD)
    assert strong.status_code == 204


async def test_a_token_is_good_for_its_purpose_and_time_only(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    token = token_in(outbox[0])

    assert (await confirm(client, outbox[0])).status_code == 400
    async with database.session() as session:
        await session.execute(update(OneTimeToken).values(expires_at=now()))
    body = {"token": token, "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 400


@pytest.mark.parametrize(
    ("path", "hours"), [("password-reset", 1), ("verify-email", 24)], ids=["reset", "confirmation"]
)
async def test_a_token_lasts_for_hours(
    client: AsyncClient,
    database: Database,
    owner: Account,
    outbox: list[Mail],
    path: str,
    hours: int,
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(verified_at=None))
    await post(client, path, email=owner.email)
    async with database.session() as session:
        [token] = await session.scalars(select(OneTimeToken))

    lifetime = token.expires_at - token.created_at
    assert abs(lifetime - timedelta(hours=hours)) < timedelta(minutes=1)


async def test_one_reset_voids_the_others(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    for _ in range(2):
        await post(client, "password-reset", email=owner.email)
    first, second = (token_in(mail) for mail in outbox)

    body = {"new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", token=first, **body)).status_code == 204
    assert (await post(client, "password-reset/confirm", token=second, **body)).status_code == 400


async def test_a_token_that_was_mailed_is_not_stored(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    async with database.session() as session:
        rows = (await session.execute(select(*OneTimeToken.__mapper__.columns))).all()

    assert len(rows) == 1
    assert token_in(outbox[0]) not in str(rows)
