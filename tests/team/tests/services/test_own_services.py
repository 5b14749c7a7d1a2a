"""What docs/how-to.md says of services and models. Each test names its recipe."""

import pytest
from httpx2 import AsyncClient, HTTPError, MockTransport, Response
from sqlalchemy import select

from app.clients.rates import RatesClient
from app.core.config import Settings
from app.core.principal import Principal, Role
from app.db.base import now
from app.db.models.user import User
from app.db.session import Database
from app.services.closing import close_shop
from app.services.parcels import count_parcel
from app.services.seeding.closings import seed_closings
from app.services.seeding.tenants import make_tenant
from tests.platform.support import Account, SignIn


# Recipe: Add a setting
def test_an_order_has_a_limit(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("ORDER_LIMIT", "2500")

    assert settings.order_limit == 1000
    read = Settings(jwt_secret=settings.jwt_secret, payment_secret=settings.payment_secret)
    assert read.order_limit == 2500


# Recipe: Call another service
async def test_an_error_of_the_other_service_is_an_error() -> None:
    transport = MockTransport(lambda _: Response(500))
    async with RatesClient(base_url="http://rates.test", transport=transport) as rates:
        with pytest.raises(HTTPError):
            await rates.get_rate("EUR")


# Recipe: Record an audit event
async def test_owners_read_that_the_shop_was_closed(
    client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    actor = Principal(id=owner.user_id, tenant_id=owner.tenant_id, role=Role.OWNER)
    async with database.session(tenant_id=owner.tenant_id) as session:
        await close_shop(session, actor)

    events = await client.get("/api/v1/tenant/audit", headers=sign_in(owner))
    assert [event["event"] for event in events.json()["items"]] == ["shop.closed"]


# Recipe: Count what happens
async def test_parcels_are_counted_by_those_who_carry_them(client: AsyncClient) -> None:
    count_parcel("bike")
    for unknown in ("drone", "balloon"):
        count_parcel(unknown)

    lines = (await client.get("/metrics")).text.splitlines()
    assert [line for line in lines if line.startswith("parcels_total")] == [
        'parcels_total{carrier="bike"} 1.0',
        'parcels_total{carrier="van"} 0.0',
        'parcels_total{carrier="other"} 2.0',
    ]


# Recipe: Add a column to users or tenants
async def test_users_have_nicknames(database: Database, owner: Account) -> None:
    async with database.session() as session:
        user = await session.get_one(User, owner.user_id)
        user.nickname = "Ann"

    async with database.session() as session:
        assert await session.scalar(select(User.nickname)) == "Ann"


# Recipe: Seed rows for development
def test_seeded_closings_are_those_of_the_tenant() -> None:
    tenant = make_tenant(1, 1, members=4, rows=20, now=now())

    assert [row.actor_id for row in seed_closings(tenant)] == [tenant.members[0].user_id] * 20
