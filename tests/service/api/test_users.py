from collections.abc import Callable
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update

from app.core.principal import Role
from app.crud import memberships, users
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.mailed import token_in
from service.support.tokens import ask_token
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]
USERS = "/api/v1/users"


@pytest.fixture
async def admin(database: Database, sign_in: Headers) -> dict[str, str]:
    """The headers of a platform administrator."""
    account = await make_account(database, email="root@example.com")
    async with database.session() as session:
        await session.execute(
            update(User).where(User.id == account.user_id).values(is_platform_admin=True)
        )
    return sign_in(account)


async def test_administrators_see_every_user(
    client: AsyncClient, owner: Account, admin: dict[str, str]
) -> None:
    listed = (await client.get(USERS, headers=admin)).json()["items"]

    assert {user["email"] for user in listed} == {"ann@example.com", "root@example.com"}
    assert all("password" not in name for user in listed for name in user)


async def test_owning_a_tenant_makes_no_administrator(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    assert (await client.get(USERS, headers=sign_in(owner))).status_code == 403
    path = f"{USERS}/{owner.user_id}/disable"
    assert (await client.post(path, headers=sign_in(owner))).status_code == 403


async def test_a_user_is_locked_out_and_let_in_again(
    client: AsyncClient,
    database: Database,
    owner: Account,
    admin: dict[str, str],
    sign_in: Headers,
) -> None:
    bob = await make_account(
        database, email="bob@example.com", role=Role.MEMBER, tenant_id=owner.tenant_id
    )
    path = f"{USERS}/{bob.user_id}"

    disabled = await client.post(f"{path}/disable", headers=admin)
    assert disabled.json()["disabled_at"] is not None
    assert (await client.get("/api/v1/auth/me", headers=sign_in(bob))).status_code == 401
    assert (await ask_token(client, username=bob.email)).status_code == 400

    enabled = await client.post(f"{path}/enable", headers=admin)
    assert enabled.json()["disabled_at"] is None
    assert (await client.get("/api/v1/auth/me", headers=sign_in(bob))).status_code == 401
    assert (await ask_token(client, username=bob.email)).status_code == 200


async def test_a_change_is_an_audit_event_of_the_users_tenants(
    client: AsyncClient, database: Database, owner: Account, admin: dict[str, str]
) -> None:
    """Not of the administrator's: their owners are to see it."""
    other = await make_account(database, email="bob@example.com")
    async with database.session() as session:
        await memberships.create(session, other.tenant_id, owner.user_id, Role.VIEWER)
    for change in ("disable", "enable"):
        await client.post(f"{USERS}/{owner.user_id}/{change}", headers=admin)

    for tenant_id in (owner.tenant_id, other.tenant_id):
        assert await read_events(database, tenant_id) == ["user.disabled", "user.enabled"]
    async with database.session(writes=False) as session:
        root = await users.get_by_email(session, "root@example.com")
        assert root is not None
        [tenant_id] = await memberships.list_tenant_ids_of(session, root.id)
    assert await read_events(database, tenant_id) == []


async def test_a_link_that_was_mailed_before_opens_no_locked_account(
    client: AsyncClient, owner: Account, admin: dict[str, str], outbox: list[Mail]
) -> None:
    await client.post("/api/v1/auth/password-reset", json={"email": owner.email})
    for change in ("disable", "enable"):
        path = f"{USERS}/{owner.user_id}/{change}"
        assert (await client.post(path, headers=admin)).status_code == 200

    body = {"token": token_in(outbox[0]), "new_password": "another quite long password"}
    response = await client.post("/api/v1/auth/password-reset/confirm", json=body)
    assert response.status_code == 400


async def test_an_abuser_is_disabled_although_others_are_in_their_tenant(
    client: AsyncClient, database: Database, owner: Account, admin: dict[str, str]
) -> None:
    """Abusers invite others to be the last owner of somebody."""
    await make_account(
        database, email="bob@example.com", role=Role.MEMBER, tenant_id=owner.tenant_id
    )
    response = await client.post(f"{USERS}/{owner.user_id}/disable", headers=admin)

    assert response.status_code == 200


async def test_a_user_that_there_is_not(client: AsyncClient, admin: dict[str, str]) -> None:
    assert (await client.post(f"{USERS}/{uuid4()}/disable", headers=admin)).status_code == 404
