"""Who may offer what, and until when."""

import asyncio
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import delete, update

from app.core.principal import Role
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.invited import BOB, INVITATIONS, accept, invite
from tests.platform.support import PASSWORD, Account, make_account

Headers = Callable[[Account], dict[str, str]]


async def test_a_role_above_ones_own_cannot_be_offered(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    admin = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )

    assert (await invite(client, sign_in(admin), role="owner")).status_code == 403
    assert (await invite(client, sign_in(admin), role="admin")).status_code == 201


@pytest.mark.parametrize("end", ["removed", "demoted", "disabled"])
async def test_an_offer_is_good_while_who_made_it_may_make_it(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    outbox: list[Mail],
    end: str,
) -> None:
    """Also if the end came between the check and the commit of the offer."""
    admin = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )
    await invite(client, sign_in(admin), role="admin")
    ends = {
        "removed": delete(Membership).where(Membership.user_id == admin.user_id),
        "demoted": update(Membership)
        .where(Membership.user_id == admin.user_id)
        .values(role=Role.MEMBER),
        "disabled": update(User).where(User.id == admin.user_id).values(disabled_at=now()),
    }
    async with database.session() as session:
        await session.execute(ends[end])

    assert (await accept(client, outbox[0], password=PASSWORD)).status_code == 400


async def test_a_demoted_inviter_has_no_open_invitations(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    admin = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )
    path = f"/api/v1/tenant/members/{admin.user_id}"
    await invite(client, sign_in(admin), "first@example.com")
    await client.patch(path, headers=sign_in(owner), json={"role": "member"})
    assert (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"] == []

    await client.patch(path, headers=sign_in(owner), json={"role": "admin"})
    await invite(client, sign_in(admin), "second@example.com")
    await client.delete(path, headers=sign_in(owner))
    assert (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"] == []


async def test_members_are_not_invited(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    await make_account(database, email=BOB, role=Role.VIEWER, tenant_id=owner.tenant_id)

    assert (await invite(client, sign_in(owner), role="admin")).status_code == 409
    assert outbox == []


async def test_a_user_who_joined_meanwhile_keeps_their_role(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    await invite(client, sign_in(owner), role="admin")
    bob = await make_account(database, email=BOB, role=Role.VIEWER, tenant_id=owner.tenant_id)

    assert (await accept(client, outbox[0])).status_code == 204
    me = (await client.get("/api/v1/auth/me", headers=sign_in(bob))).json()
    assert me["role"] == "viewer"
    assert await read_events(database, owner.tenant_id) == ["member.invited"]


async def test_invitations_at_once_are_no_error(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    responses = await asyncio.gather(*(invite(client, sign_in(owner)) for _ in range(3)))

    assert {response.status_code for response in responses} <= {201, 409}
    open_ones = (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"]
    assert len(open_ones) == 1


async def test_a_tenants_name_breaks_no_mail(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    for name in ("Acme.\n\nYour account was locked", "Ac\u2029me", "Ac\u202eme", "Ac\x00me"):
        path = "/api/v1/tenant"
        response = await client.patch(path, headers=sign_in(owner), json={"name": name})
        assert response.status_code in (400, 422), name
    await invite(client, sign_in(owner))

    assert '\n    "Tenant of ..."\n' in outbox[0].text
