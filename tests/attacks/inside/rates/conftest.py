"""Both limiters, by one clock that is moved."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.cache.client import open_client
from app.cache.limiter import RedisLimiter
from app.core.limits import memory_limiter
from app.core.limits.limiter import Limiter
from app.core.limits.memory_limiter import MemoryLimiter
from service.support.clocks import Clock

# Whatever else the machine is doing.
PATIENT_SECONDS = 10


@pytest.fixture
def memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> MemoryLimiter:
    monkeypatch.setattr(memory_limiter, "monotonic", clock)
    return MemoryLimiter()


@pytest.fixture
async def processes(redis: Redis, redis_url: str) -> AsyncIterator[list[RedisLimiter]]:
    """The limiters of two processes that share a Redis."""
    async with (
        open_client(redis_url, PATIENT_SECONDS) as one,
        open_client(redis_url, PATIENT_SECONDS) as two,
    ):
        yield [RedisLimiter(one), RedisLimiter(two)]


@pytest.fixture(params=["memory", "redis"])
def limiter(
    request: pytest.FixtureRequest, memory: MemoryLimiter, processes: list[RedisLimiter]
) -> Limiter:
    return memory if request.param == "memory" else processes[0]
