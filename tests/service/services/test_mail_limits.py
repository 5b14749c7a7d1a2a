"""No account floods a mailbox, whatever tenants it makes, and no mail carries a stranger's link."""

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.core.principal import Role
from app.crud import memberships, tenants
from app.db.session import Database
from app.main import create_app
from app.services.mailer import Mail
from app.services.mails import without_urls
from service.support.invited import BOB, invite
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]


async def test_an_address_is_sent_few_invitations_of_all_tenants_and_users(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    inviters = [owner] + [
        await make_account(database, email=f"{number}@example.com") for number in range(4)
    ]
    statuses = [(await invite(client, sign_in(each), BOB)).status_code for each in inviters]

    assert statuses == [201, 201, 201, 429, 429]
    assert len(outbox) == 3


async def test_an_inviter_sends_so_many_an_hour_to_all_addresses(
    settings: Settings, database: Database, owner: Account, sign_in: Headers, outbox: list[Mail]
) -> None:
    """And their network address twice as many, for all senders together."""
    few = settings.model_copy(update={"invitations_per_hour": 2})
    second, third = [await make_account(database, email=f"{n}@example.com") for n in range(2)]
    async with running(create_app(few)) as client:
        statuses = [
            (await invite(client, sign_in(each), f"to-{n}@example.com")).status_code
            for n, each in enumerate([owner, owner, owner, second, second, third])
        ]

    assert statuses == [201, 201, 429, 201, 201, 429]
    assert len(outbox) == 4


async def test_a_user_owns_so_many_tenants(
    settings: Settings, database: Database, owner: Account, sign_in: Headers
) -> None:
    """Also if the requests come together. Tenants of others do not count."""
    other = await make_account(database, email="other@example.com")
    async with database.session() as session:
        await memberships.create(session, other.tenant_id, owner.user_id, Role.ADMIN)
    few = settings.model_copy(update={"tenants_per_user": 3})
    async with running(create_app(few)) as client:
        responses = await asyncio.gather(
            *(
                client.post("/api/v1/tenants", headers=sign_in(owner), json={"name": f"T{number}"})
                for number in range(5)
            )
        )

    assert sorted(each.status_code for each in responses) == [201, 201, 409, 409, 409]
    assert {each.json()["code"] for each in responses if each.is_error} == {"too_many_tenants"}


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Acme Inc.", "Acme Inc."),
        ("U.S. Steel & Sons", "U.S. Steel & Sons"),
        ("Win https://evil.example/x?y now", "Win ... now"),
        ("Win (HTTP://evil)", "Win ..."),
        ("www.evil.example", "..."),
        ("Call evil.com/prize", "Call ..."),
        ("mail a@evil.com", "mail ..."),
        ("evil\u3002com", "..."),
        ("xn--e1awd7f.com wins", "... wins"),
    ],
)
def test_names_are_quoted_without_urls(name: str, quoted: str) -> None:
    assert without_urls(name) == quoted


async def test_an_invitation_quotes_no_link(
    app: FastAPI,
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Headers,
    outbox: list[Mail],
) -> None:
    async with database.session() as session:
        tenant = await tenants.get(session, owner.tenant_id)
        assert tenant is not None
        await tenants.update(session, tenant, {"name": "You won: https://evil.example"})
    await invite(client, sign_in(owner), BOB)

    assert "evil" not in outbox[0].text
    assert '"You won: ..."' in outbox[0].text
