"""What a caller may do is read again once a lock is granted: it may have changed meanwhile."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from sqlalchemy import delete, func, select, update
from sqlalchemy.sql import Executable

import app as package
from app.core.principal import Role
from app.crud import tenants
from app.db.models.invitation import Invitation
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.invited import BOB, INVITATIONS, accept, invite
from tests.platform.operations import Operation, operations
from tests.platform.support import PASSWORD, Account, make_account

APP = Path(package.__file__).parent
ATTRIBUTES = APP.with_name(".gitattributes")
Headers = Callable[[Account], dict[str, str]]
MEMBERS = "/api/v1/tenant/members"
AUTHORITY = ("/api/v1/tenant/", "/api/v1/users/")
BODIES = {
    "PATCH /api/v1/tenant": {"name": "Another name"},
    "PATCH /api/v1/tenant/members/{user_id}": {"role": "viewer"},
    "POST /api/v1/tenant/invitations": {"email": "new@example.com", "role": "viewer"},
}


async def while_locked(
    database: Database, tenant_id: UUID, change: Executable, request: Coroutine[Any, Any, Response]
) -> Response:
    """Sends a request that has to wait for a lock until the change is committed."""
    async with database.session() as session:
        await tenants.lock(session, [tenant_id])
        await session.execute(change)
        sent = asyncio.create_task(request)
        await asyncio.sleep(0.2)  # authenticated, and waiting
        assert not sent.done()
    return await sent


def remove(account: Account) -> Executable:
    return delete(Membership).where(Membership.user_id == account.user_id)


def changes(app: FastAPI) -> list[Operation]:
    """What changes a tenant, its members or users."""
    found = [each for each in operations(app) if each.method not in ("GET", "HEAD")]
    return [each for each in found if f"{each.path}/".startswith(AUTHORITY)]


async def test_a_removed_actor_changes_nothing(
    app: FastAPI, client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    """Walks every operation whose authority is a role."""
    bob = await make_account(database, email=BOB, role=Role.MEMBER, tenant_id=owner.tenant_id)
    made = (await invite(client, sign_in(owner), "third@example.com")).json()
    walked = [each for each in changes(app) if each.path.startswith(AUTHORITY[0])]
    walked += [each for each in changes(app) if each.path == "/api/v1/tenant"]
    assert len(walked) == 7
    for number, each in enumerate(walked):
        eve = await make_account(
            database,
            email=f"eve-{number}@example.com",
            tenant_id=owner.tenant_id,
        )
        path = each.path.format(user_id=bob.user_id, invitation_id=made["id"])
        request = client.request(
            each.method, path, headers=sign_in(eve), json=BODIES.get(str(each))
        )
        response = await while_locked(database, owner.tenant_id, remove(eve), request)

        assert response.status_code in (401, 403), each
    members = (await client.get(MEMBERS, headers=sign_in(owner))).json()["items"]
    assert [member["role"] for member in members] == ["owner", "member"]
    assert (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"] == [made]


async def test_a_revoked_administrator_changes_no_user(
    app: FastAPI, client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    walked = [each for each in changes(app) if each.path.startswith(AUTHORITY[1])]
    assert len(walked) == 2
    for number, each in enumerate(walked):
        root = await make_account(database, email=f"root-{number}@example.com")
        is_root = update(User).where(User.id == root.user_id)
        async with database.session() as session:
            await session.execute(is_root.values(is_platform_admin=True))
        path = each.path.format(user_id=owner.user_id)
        request = client.request(each.method, path, headers=sign_in(root))
        revoke = is_root.values(is_platform_admin=False)
        response = await while_locked(database, owner.tenant_id, revoke, request)

        assert response.status_code == 403, each
    assert (await client.get("/api/v1/auth/me", headers=sign_in(owner))).status_code == 200


async def test_administrators_who_disable_each_other_do_not_both_succeed(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    bob = await make_account(database, email=BOB)
    async with database.session() as session:
        await session.execute(update(User).values(is_platform_admin=True))
    responses = await asyncio.gather(
        client.post(f"/api/v1/users/{bob.user_id}/disable", headers=sign_in(owner)),
        client.post(f"/api/v1/users/{owner.user_id}/disable", headers=sign_in(bob)),
    )

    statuses = sorted(response.status_code for response in responses)
    assert statuses[0] == 200
    assert statuses[1] in (401, 403)


async def test_parallel_changes_of_a_removed_admin_are_all_refused(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    eve = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )
    bob = await make_account(database, email=BOB, role=Role.VIEWER, tenant_id=owner.tenant_id)
    path, headers = f"{MEMBERS}/{bob.user_id}", sign_in(eve)
    async with database.session() as session:
        await tenants.lock(session, [owner.tenant_id])
        await session.execute(remove(eve))
        sent = [
            asyncio.create_task(client.patch(path, headers=headers, json={"role": "admin"}))
            for _ in range(4)
        ]
        await asyncio.sleep(0.3)

    assert {(await each).status_code for each in sent} <= {401, 403}
    members = (await client.get(MEMBERS, headers=sign_in(owner))).json()["items"]
    assert [member["role"] for member in members] == ["owner", "viewer"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
async def test_an_invitation_takes_the_permission_of_who_made_it(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    outbox: list[Mail],
    role: Role,
) -> None:
    """A member may reach the role of a member, and may not invite anybody."""
    eve = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )
    await invite(client, sign_in(eve), role="viewer")
    async with database.session() as session:
        await session.execute(
            update(Membership).where(Membership.user_id == eve.user_id).values(role=role)
        )

    assert (await accept(client, outbox[0], password=PASSWORD)).status_code == 400


async def test_a_demotion_leaves_no_invitation_of_a_request_in_flight(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    eve = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )
    demote = update(Membership).where(Membership.user_id == eve.user_id).values(role=Role.MEMBER)
    response = await while_locked(
        database, owner.tenant_id, demote, invite(client, sign_in(eve), role="member")
    )

    assert response.status_code == 403
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(Invitation)) == 0
    assert outbox == []


# Where rows or names are locked, and what holds after the wait.
LOCKS = {
    "auth/password_sign_in.py": "loads the user again, locked",
    "auth/refresh.py": "the session is the lock, and its membership is read under it",
    "crud/expired.py": "skips what is locked, and acts for nobody",
    "crud/idempotency_keys.py": "tries, and does not wait",
    "crud/locking.py": "app/services/authority.py reads the actor again",
    "crud/sign_in_candidates.py": "loads the user again, locked, for auth/password_sign_in.py",
    "crud/tenants.py": "callers read the actor or the inviter again",
    "crud/user_sessions.py": "conditions on the session are in the statement that locks it",
    "crud/users.py": "callers read the actor again",
    "services/accounts.py": "acts for who reads the mail",
    "services/authority.py": "reads the actor again",
    "services/bootstrap.py": "acts for the command line",
    "services/idempotency.py": "tries, and does not wait",
    "services/invitations.py": "reads the inviter again",
    "services/items.py": "by services/authority.py",
    "services/members.py": "by lock_tenant",
    "services/tenants.py": "reads the actor again",
    "services/users.py": "reads the actor again",
}


def test_every_lock_is_known() -> None:
    """A lock that is new in the platform says what is read again under it."""
    marked = re.findall(r"^app/(\S+) linguist-generated", ATTRIBUTES.read_text(), re.MULTILINE)
    found = {
        path.relative_to(APP).as_posix()
        for pattern in marked
        if pattern.startswith(("api/", "auth/", "crud/", "services/"))
        for path in APP.glob(pattern)
        if path.suffix == ".py"
        and re.search(r"with_for_update|\b(try_)?lock\w*\(|\blocks=", path.read_text())
    }

    assert found - LOCKS.keys() == set()
