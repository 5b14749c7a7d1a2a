"""What Redis keeps, and what happens without it."""

import os

import pytest
from redis.asyncio import Redis

from app.core.config import Settings
from app.db.session import Database
from app.main import create_app
from tests.platform.support import Account, SignIn, make_account, running


@pytest.mark.parametrize("is_there", [True, False])
async def test_values_are_cached_while_redis_is_there(
    settings: Settings, database: Database, owner: Account, sign_in: SignIn, is_there: bool
) -> None:
    url = os.environ.get("TEST_REDIS_URL") if is_there else "redis://127.0.0.1:1"
    if url is None:
        pytest.skip("set TEST_REDIS_URL to a Redis whose database may be emptied")
    if is_there:
        async with Redis.from_url(url) as redis:
            await redis.flushdb()
    changes = {"redis_url": url, "redis_timeout": 10, "rate_limit_enabled": True}
    async with running(create_app(settings.model_copy(update=changes))) as client:
        read = [await client.get("/api/v1/tenant/stats", headers=sign_in(owner))]
        await make_account(database, email="bob@example.com", tenant_id=owner.tenant_id)
        read += [await client.get("/api/v1/tenant/stats", headers=sign_in(owner))]

    assert [each.json()["members"]["owner"] for each in read] == [1, 1 if is_there else 2]
    # Without it there is no limit, either.
    assert ("ratelimit" in read[-1].headers) == is_there
