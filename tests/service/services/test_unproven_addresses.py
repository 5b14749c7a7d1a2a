"""An account whose address was never proven may be a stranger's, in whose tenants a victim must not end up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select, update

from app.core.principal import Role
from app.crud import memberships
from app.db.base import now
from app.db.models.invitation import Invitation
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.invited import accept, invite
from service.support.mailed import NEW, OTHER_PASSWORD, confirm, post, register, token_in
from service.support.tokens import ask_token, bearer
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]
TENANTS = "/api/v1/tenants"


async def list_tenants(client: AsyncClient, headers: dict[str, str]) -> list[str]:
    return [each["id"] for each in (await client.get(TENANTS, headers=headers)).json()["items"]]


async def reset(client: AsyncClient, email: str, outbox: list[Mail]) -> dict[str, str]:
    """Sets a new password by mail, and returns the headers of its user."""
    await post(client, "password-reset", email=email)
    body = {"token": token_in(outbox[-1]), "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 204
    return bearer(await ask_token(client, username=email, password=OTHER_PASSWORD))


@pytest.fixture
async def stranger(client: AsyncClient, outbox: list[Mail]) -> dict[str, str]:
    """The headers of somebody who registered an address that is not theirs."""
    await register(client)
    return bearer(await ask_token(client, username=NEW))


async def test_an_unproven_account_invites_nobody(
    client: AsyncClient, stranger: dict[str, str], outbox: list[Mail]
) -> None:
    outbox.clear()
    response = await invite(client, stranger, role="owner")

    assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")
    assert outbox == []


async def test_a_reset_begins_with_a_fresh_tenant(
    client: AsyncClient, database: Database, stranger: dict[str, str], outbox: list[Mail]
) -> None:
    [theirs] = await list_tenants(client, stranger)
    await client.patch("/api/v1/auth/me", headers=stranger, json={"name": "A stranger's choice"})
    headers = await reset(client, NEW, outbox)

    [fresh] = await list_tenants(client, headers)
    assert fresh != theirs
    me = (await client.get("/api/v1/auth/me", headers=headers)).json()
    assert (me["tenant_id"], me["role"], me["name"]) == (fresh, "owner", "")
    assert (await client.get("/api/v1/auth/me", headers=stranger)).status_code == 401


async def test_members_of_the_old_tenant_are_not_in_the_fresh_one(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    outbox: list[Mail],
) -> None:
    """As strangers arranged it while unproven accounts could invite."""
    await make_account(database, email=NEW, tenant_id=owner.tenant_id)
    async with database.session() as session:
        user_id = await session.scalar(select(User.id).where(User.email == NEW))
        assert user_id
        await session.execute(update(User).where(User.id == user_id).values(verified_at=None))
        session.add(
            Invitation(
                tenant_id=owner.tenant_id,
                email="another@example.com",
                role=Role.OWNER,
                fingerprint="0" * 64,
                invited_by=user_id,
                expires_at=now() + timedelta(days=1),
            )
        )
    headers = await reset(client, NEW, outbox)

    assert str(owner.tenant_id) not in await list_tenants(client, headers)
    async with database.session() as session:
        assert await memberships.get(session, owner.tenant_id, user_id) is None
        assert await session.scalar(select(func.count()).select_from(Invitation)) == 0


async def test_an_invitation_leads_to_its_tenant_alone(
    client: AsyncClient,
    owner: Account,
    stranger: dict[str, str],
    sign_in: Headers,
    outbox: list[Mail],
) -> None:
    await invite(client, sign_in(owner), NEW)
    assert (await accept(client, outbox[-1], password=OTHER_PASSWORD)).status_code == 204
    headers = bearer(await ask_token(client, username=NEW, password=OTHER_PASSWORD))

    assert await list_tenants(client, headers) == [str(owner.tenant_id)]


async def test_a_proven_account_keeps_its_tenants(
    client: AsyncClient, stranger: dict[str, str], outbox: list[Mail]
) -> None:
    """The reader of the mail who knows the password is the one who registered."""
    theirs = await list_tenants(client, stranger)
    assert (await confirm(client, outbox[0])).status_code == 204
    assert await list_tenants(client, stranger) == theirs

    assert await list_tenants(client, await reset(client, NEW, outbox)) == theirs
