"""Registration and confirmation."""

from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select

from app.core.config import Settings
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.mailed import NEW, OTHER_PASSWORD, confirm, post, register, token_in
from service.support.tokens import ask_token, bearer
from tests.platform.support import PASSWORD, Account, running


async def test_a_registered_user_has_a_tenant_of_their_own(
    client: AsyncClient, database: Database, outbox: list[Mail]
) -> None:
    response = await register(client, "New@Example.com")

    assert (response.status_code, response.content) == (202, b"")
    granted = await ask_token(client, username=NEW)
    me = (await client.get("/api/v1/auth/me", headers=bearer(granted))).json()
    assert (me["email"], me["role"]) == (NEW, "owner")
    tenant = (await client.get("/api/v1/tenant", headers=bearer(granted))).json()
    assert tenant["name"] == "new"
    assert (await read_events(database, UUID(me["tenant_id"])))[0] == "user.registered"


async def test_signing_in_waits_for_the_confirmation(
    settings: Settings, database: Database, outbox: list[Mail]
) -> None:
    strict = settings.model_copy(update={"require_verified_email": True})
    async with running(create_app(strict)) as client:
        await register(client)
        [mail] = outbox
        assert mail.to == NEW
        assert (await ask_token(client, username=NEW)).status_code == 400

        confirmed = await confirm(client, mail)
        assert confirmed.status_code == 204
        assert (await ask_token(client, username=NEW)).status_code == 200
        again = await confirm(client, mail)
        assert (again.status_code, again.json()["code"]) == (400, "invalid_token")


async def test_a_click_confirms_no_account_that_somebody_else_made(
    client: AsyncClient, database: Database, outbox: list[Mail]
) -> None:
    """The reader of the mail needs the password as well, or sets a new one."""
    await register(client)
    refused = await confirm(client, outbox[0], "the reader's own password")

    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is None
    await post(client, "password-reset", email=NEW)
    body = {"token": token_in(outbox[1]), "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 204
    assert (await ask_token(client, username=NEW)).status_code == 400
    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is not None


async def test_an_existing_user_is_told_by_mail(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await register(client, owner.email)

    [mail] = outbox
    assert mail.to == owner.email
    assert "#token=" not in mail.text
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
    assert (await ask_token(client)).status_code == 200


async def test_registration_can_be_closed(settings: Settings, outbox: list[Mail]) -> None:
    closed = settings.model_copy(update={"registration_enabled": False})
    async with running(create_app(closed)) as client:
        response = await register(client)

    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")
    assert outbox == []


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaaaaaaaaaa", NEW])
async def test_a_weak_password_is_refused(
    client: AsyncClient, outbox: list[Mail], password: str
) -> None:
    response = await post(client, "register", email=NEW, password=password)

    assert (response.status_code, response.json()["code"]) == (422, "weak_password")
    assert password not in response.text


@pytest.mark.parametrize("email", ["josé@example.com", "Bob <bob@example.com>"])
@pytest.mark.parametrize("path", ["register", "verify-email", "password-reset"])
async def test_an_address_that_cannot_be_mailed_is_422(
    client: AsyncClient, outbox: list[Mail], path: str, email: str
) -> None:
    body = {"password": PASSWORD} if path == "register" else {}
    response = await post(client, path, email=email, **body)

    assert response.status_code == 422
    assert outbox == []
