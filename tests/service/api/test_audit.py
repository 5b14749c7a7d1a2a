from collections.abc import Callable

import pytest
from httpx2 import AsyncClient

from app.core.audit import SecurityEvent
from app.core.principal import Role
from app.crud import audit_events
from app.db.session import Database
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]
AUDIT = "/api/v1/tenant/audit"


async def record(database: Database, account: Account, *events: SecurityEvent) -> None:
    async with database.session(tenant_id=account.tenant_id) as session:
        for event in events:
            await audit_events.create(session, event, actor_id=account.user_id)


async def test_an_owner_reads_what_happened(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    headers = sign_in(owner) | {"X-Request-ID": "a-request-of-mine"}
    await client.patch("/api/v1/tenant", headers=headers, json={"name": "Acme"})
    [event] = (await client.get(AUDIT, headers=sign_in(owner))).json()["items"]

    assert event.pop("id")
    assert event.pop("created_at").endswith("Z")
    assert event == {
        "request_id": "a-request-of-mine",
        "request_id_from_client": True,
        "event": "tenant.updated",
        "actor_id": str(owner.user_id),
        "target_id": str(owner.tenant_id),
        "address": event["address"],
        "details": {},
    }


async def test_events_come_newest_first_in_pages(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    happened = list(SecurityEvent)[:5]
    await record(database, owner, *happened)
    listed: list[str] = []
    query = {"limit": "2"}
    while True:
        page = (await client.get(AUDIT, headers=sign_in(owner), params=query)).json()
        listed += [event["event"] for event in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]

    assert listed == [*reversed(happened)]


async def test_new_events_are_on_no_later_page(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    await record(database, owner, *[SecurityEvent.SIGN_IN] * 3)
    first = (await client.get(f"{AUDIT}?limit=2", headers=sign_in(owner))).json()
    await record(database, owner, SecurityEvent.MEMBER_REMOVED)
    query = {"after": first["next"]}
    second = (await client.get(AUDIT, headers=sign_in(owner), params=query)).json()

    assert [event["event"] for event in second["items"]] == [SecurityEvent.SIGN_IN]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER, Role.VIEWER])
async def test_other_roles_do_not_read_the_audit_events(
    client: AsyncClient, database: Database, sign_in: Headers, role: Role
) -> None:
    account = await make_account(database, email="bob@example.com", role=role)

    assert (await client.get(AUDIT, headers=sign_in(account))).status_code == 403
