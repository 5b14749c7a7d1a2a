import asyncio
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import delete, update

from app.core.mailer import Mail
from app.core.principal import Role
from app.db.base import now
from app.db.models.invitation import Invitation
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.session import Database
from tests.support import PASSWORD, Account, make_account, read_events
from tests.tokens import ask_token, bearer

Headers = Callable[[Account], dict[str, str]]
INVITATIONS = "/api/v1/tenant/invitations"
BOB = "bob@example.com"


async def invite(
    client: AsyncClient, headers: dict[str, str], email: str = BOB, role: str = "member"
) -> Response:
    return await client.post(INVITATIONS, headers=headers, json={"email": email, "role": role})


async def accept(client: AsyncClient, mail: Mail, **body: str) -> Response:
    token = mail.text.partition("#token=")[2].split()[0]
    return await client.post("/api/v1/invitations/accept", json={"token": token} | body)


async def test_who_is_new_joins_with_a_password(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    made = await invite(client, sign_in(owner), "Bob@Example.com")
    assert made.status_code == 201
    assert "token" not in made.text
    [mail] = outbox
    assert mail.to == BOB

    bare = await accept(client, mail)
    assert (bare.status_code, bare.json()["code"]) == (422, "password_required")
    assert (await accept(client, mail, password="short")).status_code == 422
    assert (await accept(client, mail, password=PASSWORD)).status_code == 204
    me = bearer(await ask_token(client, username=BOB))
    found = (await client.get("/api/v1/auth/me", headers=me)).json()
    assert (found["tenant_id"], found["role"]) == (str(owner.tenant_id), "member")
    assert await read_events(database, owner.tenant_id) == [
        "member.invited",
        "member.joined",
        "sign_in",
    ]


async def test_an_invitation_is_good_once(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    await invite(client, sign_in(owner))
    await accept(client, outbox[0], password=PASSWORD)
    again = await accept(client, outbox[0], password=PASSWORD)

    assert (again.status_code, again.json()["code"]) == (400, "invalid_token")


async def test_who_has_an_account_keeps_the_password(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    bob = await make_account(database, email=BOB)
    await invite(client, sign_in(owner), role="viewer")

    wrong = await accept(client, outbox[0], password="a password of somebody")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert (await accept(client, outbox[0])).status_code == 204
    granted = await ask_token(client, username=BOB, tenant=str(owner.tenant_id))
    found = (await client.get("/api/v1/auth/me", headers=bearer(granted))).json()
    assert (found["user_id"], found["role"]) == (str(bob.user_id), "viewer")


async def test_who_registered_for_somebody_else_is_out(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    """An address that was never confirmed is not theirs: its reader sets the password."""
    squatter = await make_account(database, email=BOB)
    async with database.session() as session:
        await session.execute(update(User).where(User.email == BOB).values(verified_at=None))
    await invite(client, sign_in(owner))

    assert (await accept(client, outbox[0], password="the true reader's own")).status_code == 204
    assert (await client.get("/api/v1/auth/me", headers=sign_in(squatter))).status_code == 401
    assert (await ask_token(client, username=BOB)).status_code == 400
    theirs = await ask_token(client, username=BOB, password="the true reader's own")
    assert theirs.status_code == 200


async def test_open_invitations_are_listed_and_revoked(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    made = (await invite(client, sign_in(owner))).json()

    assert (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"] == [made]
    path = f"{INVITATIONS}/{made['id']}"
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 204
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 404
    assert (await accept(client, outbox[0], password=PASSWORD)).status_code == 400


async def test_a_second_invitation_voids_the_first(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    for role in ("member", "viewer"):
        await invite(client, sign_in(owner), role=role)
    first, second = outbox

    assert (await accept(client, first, password=PASSWORD)).status_code == 400
    assert (await accept(client, second, password=PASSWORD)).status_code == 204


async def test_an_invitation_expires(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    await invite(client, sign_in(owner))
    async with database.session() as session:
        await session.execute(update(Invitation).values(expires_at=now()))

    assert (await accept(client, outbox[0], password=PASSWORD)).status_code == 400


async def test_nobody_offers_a_role_above_their_own(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    admin = await make_account(
        database, email="eve@example.com", role=Role.ADMIN, tenant_id=owner.tenant_id
    )

    assert (await invite(client, sign_in(admin), role="owner")).status_code == 403
    assert (await invite(client, sign_in(admin), role="admin")).status_code == 201


@pytest.mark.parametrize("end", ["removed", "demoted", "locked out"])
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
        "locked out": update(User).where(User.id == admin.user_id).values(disabled_at=now()),
    }
    async with database.session() as session:
        await session.execute(ends[end])

    assert (await accept(client, outbox[0], password=PASSWORD)).status_code == 400


async def test_who_may_not_offer_any_more_has_no_open_invitations(
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


async def test_who_joined_meanwhile_keeps_their_role(
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
    answers = await asyncio.gather(*(invite(client, sign_in(owner)) for _ in range(3)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    open_ones = (await client.get(INVITATIONS, headers=sign_in(owner))).json()["items"]
    assert len(open_ones) == 1


async def test_a_tenants_name_breaks_no_mail(
    client: AsyncClient, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    for name in ("Acme.\n\nYour account was locked", "Ac\u2029me", "Ac\u202eme", "Ac\x00me"):
        path = "/api/v1/tenant"
        answer = await client.patch(path, headers=sign_in(owner), json={"name": name})
        assert answer.status_code in (400, 422), name
    await invite(client, sign_in(owner))

    assert '\n    "Tenant of ann@example.com"\n' in outbox[0].text


@pytest.mark.parametrize("role", ["king", None, 7])
async def test_a_role_that_there_is_not_is_refused(
    client: AsyncClient, owner: Account, sign_in: Headers, role: object
) -> None:
    body = {"email": BOB, "role": role}
    answer = await client.post(INVITATIONS, headers=sign_in(owner), json=body)

    assert answer.status_code == 422
