from collections.abc import Callable

from httpx2 import AsyncClient
from sqlalchemy import func, select

from app.core.principal import Role
from app.db.models.membership import Membership
from app.db.session import Database
from service.support.audited import read_events
from service.support.tokens import ask_token, bearer, refresh, refresh_token
from tests.platform.support import Account, make_account

Headers = Callable[[Account], dict[str, str]]
TENANT = "/api/v1/tenant"
TENANTS = "/api/v1/tenants"


async def test_a_tenant_is_read_and_renamed(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    renamed = await client.patch(TENANT, headers=sign_in(owner), json={"name": "Acme"})

    assert renamed.status_code == 200
    assert (await client.get(TENANT, headers=sign_in(owner))).json() == renamed.json()
    assert renamed.json()["id"] == str(owner.tenant_id)
    assert await read_events(database, owner.tenant_id) == ["tenant.updated"]


async def test_another_tenant_is_made_and_acted_in(client: AsyncClient, owner: Account) -> None:
    granted = await ask_token(client)
    made = await client.post(TENANTS, headers=bearer(granted), json={"name": "Second"})
    assert made.status_code == 201
    switched = await refresh(client, refresh_token(granted), tenant=made.json()["id"])

    assert (await client.get(TENANT, headers=bearer(switched))).json() == made.json()
    mine = (await client.get(TENANTS, headers=bearer(switched))).json()["items"]
    assert [(tenant["name"], tenant["role"]) for tenant in mine] == [
        ("Tenant of ann@example.com", "owner"),
        ("Second", "owner"),
    ]


async def test_my_tenants_come_in_pages(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    for name in ("Second", "Third"):
        await client.post(TENANTS, headers=sign_in(owner), json={"name": name})
    first = (await client.get(f"{TENANTS}?limit=2", headers=sign_in(owner))).json()
    query = {"limit": "2", "after": first["next"]}
    second = (await client.get(TENANTS, headers=sign_in(owner), params=query)).json()

    assert len(first["items"]) == 2
    assert [tenant["name"] for tenant in second["items"]] == ["Third"]
    assert second["next"] is None


async def test_a_deleted_tenant_takes_its_members_and_items_along(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    """But for the audit events, which tell of it."""
    await make_account(
        database, email="bob@example.com", role=Role.MEMBER, tenant_id=owner.tenant_id
    )

    assert (await client.delete(TENANT, headers=sign_in(owner))).status_code == 204
    assert (await client.get(TENANT, headers=sign_in(owner))).status_code == 401
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(Membership)) == 0
    assert await read_events(database, owner.tenant_id) == ["tenant.deleted"]
    assert (await client.get(TENANTS, headers=bearer(await ask_token(client)))).json()[
        "items"
    ] == []
