import os
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        pytest.skip("set TEST_REDIS_URL to a Redis whose database may be emptied")
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
        yield redis
