from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from redis.asyncio import Redis

from app.core.config import Settings
from app.core.principal import Role
from app.crud import memberships, users
from app.db.session import Database
from app.main import create_app
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]
STATS = "/api/v1/tenant/stats"


async def join(database: Database, account: Account, email: str, role: Role) -> None:
    async with database.session() as session:
        user = await users.create(session, email=email, password_hash="none")
        await memberships.create(session, account.tenant_id, user.id, role)


async def test_members_are_counted_by_role(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    await join(database, owner, "bob@example.com", Role.VIEWER)
    await join(database, owner, "eve@example.com", Role.VIEWER)
    await make_account(database, email="stranger@example.com")

    response = await client.get(STATS, headers=sign_in(owner))

    assert response.json() == {"members": {"owner": 1, "viewer": 2}}


async def test_without_a_tenant_there_is_nothing_to_count(client: AsyncClient) -> None:
    assert (await client.get(STATS)).status_code == 401


@pytest.fixture
def settings_with_redis(settings: Settings, redis: Redis, redis_url: str) -> Settings:
    return settings.model_copy(update={"redis_url": redis_url, "redis_timeout": 10})


async def test_a_count_is_kept_for_its_time_to_live(
    settings_with_redis: Settings,
    database: Database,
    owner: Account,
    sign_in: Headers,
    redis: Redis,
) -> None:
    async with running(create_app(settings_with_redis)) as client:
        headers = sign_in(owner)
        first = await client.get(STATS, headers=headers)
        await join(database, owner, "bob@example.com", Role.VIEWER)
        second = await client.get(STATS, headers=headers)

        assert first.json() == second.json() == {"members": {"owner": 1}}
        [key] = await redis.keys()
        assert 0 < await redis.ttl(key) <= settings_with_redis.cache_ttl

        await redis.flushdb()
        third = await client.get(STATS, headers=headers)
        assert third.json() == {"members": {"owner": 1, "viewer": 1}}
