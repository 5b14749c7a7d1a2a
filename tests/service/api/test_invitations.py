from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update

from app.db.base import now
from app.db.models.invitation import Invitation
from app.db.models.user import User
from app.db.session import Database
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.invited import BOB, INVITATIONS, accept, invite
from service.support.tokens import ask_token, bearer
from tests.platform.support import PASSWORD, Account, make_account

Headers = Callable[[Account], dict[str, str]]


async def test_a_new_user_joins_with_a_password(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    made = await invite(client, sign_in(owner), "Bob@Example.com")
    assert made.status_code == 201
    assert "token" not in made.text
    times = [datetime.fromisoformat(made.json()[name]) for name in ("created_at", "expires_at")]
    assert abs(times[1] - times[0] - timedelta(days=7)) < timedelta(minutes=1)
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


async def test_an_existing_user_joins_and_keeps_the_password(
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


async def test_a_registration_in_anothers_name_gets_no_access(
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


@pytest.mark.parametrize("role", ["king", None, 7])
async def test_a_role_that_there_is_not_is_refused(
    client: AsyncClient, owner: Account, sign_in: Headers, role: object
) -> None:
    body = {"email": BOB, "role": role}
    response = await client.post(INVITATIONS, headers=sign_in(owner), json=body)

    assert response.status_code == 422
