import asyncio
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response

from app.core.principal import Role
from app.crud import memberships, tenants
from app.db.session import Database
from service.support.audited import read_events
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]
MEMBERS = "/api/v1/tenant/members"


async def join(database: Database, account: Account, email: str, role: Role) -> Account:
    return await make_account(database, email=email, role=role, tenant_id=account.tenant_id)


async def set_role(
    client: AsyncClient, headers: dict[str, str], who: Account, role: str
) -> Response:
    return await client.patch(f"{MEMBERS}/{who.user_id}", headers=headers, json={"role": role})


async def test_members_are_listed(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await join(database, owner, "bob@example.com", Role.VIEWER)
    await make_account(database, email="stranger@example.com")
    listed = (await client.get(MEMBERS, headers=sign_in(bob))).json()["items"]

    assert [(member["email"], member["role"]) for member in listed] == [
        ("ann@example.com", "owner"),
        ("bob@example.com", "viewer"),
    ]


async def test_a_role_is_changed_and_counts_at_once(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await join(database, owner, "bob@example.com", Role.VIEWER)
    response = await set_role(client, sign_in(owner), bob, "admin")

    assert response.status_code == 200
    assert response.json()["role"] == "admin"
    me = (await client.get("/api/v1/auth/me", headers=sign_in(bob))).json()
    assert me["role"] == "admin"
    assert await read_events(database, owner.tenant_id) == ["member.role_changed"]


@pytest.mark.parametrize(
    ("actor", "member", "role"),
    [
        (Role.ADMIN, Role.MEMBER, "owner"),
        (Role.ADMIN, Role.OWNER, "viewer"),
        (Role.ADMIN, Role.ADMIN, "owner"),
    ],
)
async def test_a_role_above_ones_own_cannot_be_changed(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    actor: Role,
    member: Role,
    role: str,
) -> None:
    bob = await join(database, owner, "bob@example.com", actor)
    eve = await join(database, owner, "eve@example.com", member)

    assert (await set_role(client, sign_in(bob), eve, role)).status_code == 403
    assert (await set_role(client, sign_in(bob), bob, "owner")).status_code == 403
    if member == Role.OWNER:
        path = f"{MEMBERS}/{eve.user_id}"
        assert (await client.delete(path, headers=sign_in(bob))).status_code == 403


async def test_a_removed_member_is_out_at_once(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await join(database, owner, "bob@example.com", Role.MEMBER)
    path = f"{MEMBERS}/{bob.user_id}"

    assert (await client.delete(path, headers=sign_in(owner))).status_code == 204
    assert (await client.get(MEMBERS, headers=sign_in(bob))).status_code == 401
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 404


async def test_members_may_leave(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await join(database, owner, "bob@example.com", Role.VIEWER)

    assert (await client.delete(f"{MEMBERS}/me", headers=sign_in(bob))).status_code == 204
    assert (await client.get(MEMBERS, headers=sign_in(bob))).status_code == 401


async def test_the_last_owner_stays(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    left = await client.delete(f"{MEMBERS}/me", headers=sign_in(owner))
    demoted = await set_role(client, sign_in(owner), owner, "member")

    for response in (left, demoted):
        assert (response.status_code, response.json()["code"]) == (409, "last_owner")

    bob = await join(database, owner, "bob@example.com", Role.OWNER)
    assert (await set_role(client, sign_in(bob), owner, "member")).status_code == 200


async def test_a_member_is_judged_as_they_are_when_it_is_their_turn(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    """An admin removes somebody whom an owner is just making an owner."""
    eve = await join(database, owner, "eve@example.com", Role.ADMIN)
    bob = await join(database, owner, "bob@example.com", Role.MEMBER)
    async with database.session() as session:
        await tenants.lock(session, [owner.tenant_id])
        membership = await memberships.get(session, owner.tenant_id, bob.user_id)
        assert membership
        await memberships.set_role(session, membership, Role.OWNER)
        removal = asyncio.create_task(
            client.delete(f"{MEMBERS}/{bob.user_id}", headers=sign_in(eve))
        )
        await asyncio.sleep(0.2)  # it waits by now
        assert not removal.done()

    assert (await removal).status_code == 403


async def test_two_owners_cannot_demote_each_other(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await join(database, owner, "bob@example.com", Role.OWNER)
    responses = await asyncio.gather(
        set_role(client, sign_in(owner), bob, "viewer"),
        set_role(client, sign_in(bob), owner, "viewer"),
    )

    assert sorted(response.status_code for response in responses)[0] == 200
    assert {response.status_code for response in responses} <= {200, 403, 409}
    roles = [
        (await client.get("/api/v1/auth/me", headers=sign_in(each))).json()["role"]
        for each in (owner, bob)
    ]
    assert "owner" in roles
