"""Many processes are several throttles here, each with a client and a memory of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from redis.asyncio import ConnectionPool, Redis

from app.cache import breaker
from app.cache.client import open_client
from app.cache.server import BREAKER_SECONDS, ConnectedClient
from app.cache.throttle import RedisThrottle
from app.core.config import Settings
from app.core.limits.memory_throttle import MemoryThrottle
from app.core.settings import project
from app.main import create_app
from service.support.throttles import HISTORIES, POLICIES, A, B, follow

# Longer than any timeout of the client, shorter than anybody's patience.
HANG_SECONDS = 5
FREE = POLICIES[A.kind].free

# Lets time pass: on the server every clock reads earlier now.
LET_PASS = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'last', -ARGV[1])
    redis.call('HINCRBY', key, 'before', -ARGV[1])
  end
end
"""


class Process:
    """A throttle with a memory and connections of its own, which can be cut."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._pool = redis.connection_pool
        self.throttle = RedisThrottle(ConnectedClient(redis), POLICIES, MemoryThrottle(POLICIES))

    def cut(self) -> None:
        self._redis.connection_pool = ConnectionPool(port=1)

    def mend(self) -> None:
        self._redis.connection_pool = self._pool


@asynccontextmanager
async def starting(redis_url: str) -> AsyncIterator[Process]:
    async with Redis.from_url(redis_url) as redis:
        process = Process(redis)
        yield process
        process.mend()


@pytest.fixture
async def one(redis: Redis, redis_url: str) -> AsyncIterator[Process]:
    async with starting(redis_url) as process:
        yield process


@pytest.fixture
async def two(redis: Redis, redis_url: str) -> AsyncIterator[Process]:
    async with starting(redis_url) as process:
        yield process


async def reserve_at_once(*throttles: RedisThrottle) -> int:
    """Makes fifty attempts at the same time; returns how many may go on."""
    attempts = [throttles[i % len(throttles)].reserve([A, B]) for i in range(50)]
    return (await asyncio.gather(*attempts)).count(0)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_a_history(history: str, one: Process, redis: Redis) -> None:
    async def let_pass(seconds: float) -> None:
        await redis.eval(LET_PASS, 0, int(seconds * 1000))

    await follow(history, one.throttle, let_pass)

    assert [key for key in await redis.keys() if await redis.pttl(key) <= 0] == []


async def test_of_many_at_once_only_the_free_ones_pass(one: Process, two: Process) -> None:
    assert await reserve_at_once(one.throttle, two.throttle) == FREE


async def test_processes_share_what_they_count(one: Process, two: Process) -> None:
    assert await one.throttle.reserve([A]) == 0
    assert await two.throttle.reserve([A]) == 0
    assert await one.throttle.reserve([A]) > 0

    await two.throttle.forget([A])
    assert await reserve_at_once(one.throttle) == FREE


async def test_an_attempt_is_one_question(one: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    ask: Any = Redis.execute_command

    async def note(redis: Redis, *command: Any, **options: Any) -> Any:
        asked.append(command[0])
        return await ask(redis, *command, **options)

    monkeypatch.setattr(Redis, "execute_command", note)
    await one.throttle.reserve([A, B])

    assert asked == ["EVAL"]


async def test_a_name_is_of_this_service_and_in_one_slot(one: Process, redis: Redis) -> None:
    await one.throttle.reserve([A, B])

    prefix = "{" + project.SLUG + ":throttle}"
    assert sorted(await redis.keys()) == [
        f"{prefix}:account:a".encode(),
        f"{prefix}:address:b".encode(),
    ]


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_only_the_free_ones_pass(url: str | None) -> None:
    async with open_client(url, timeout_seconds=0.2) as client:
        throttle = RedisThrottle(client, POLICIES, MemoryThrottle(POLICIES))
        assert await reserve_at_once(throttle) == FREE

        await throttle.release([A, B])
        assert await throttle.reserve([A]) == 0
        await throttle.forget([A])
        assert await throttle.reserve([A]) == 0


async def test_while_redis_hangs_only_the_free_ones_pass(hanging: Any) -> None:
    async with open_client(hanging.url, timeout_seconds=0.2) as client:
        with anyio.fail_after(HANG_SECONDS):
            throttle = RedisThrottle(client, POLICIES, MemoryThrottle(POLICIES))
            assert await reserve_at_once(throttle) == FREE


async def test_attempts_allowed_by_redis_count_without_it(one: Process) -> None:
    await one.throttle.reserve([A])
    one.cut()

    assert await reserve_at_once(one.throttle) == FREE - 1


async def test_attempts_refused_by_redis_do_not_count_without_it(
    one: Process, two: Process
) -> None:
    assert await reserve_at_once(two.throttle) == FREE
    assert await reserve_at_once(one.throttle) == 0
    one.cut()

    assert await reserve_at_once(one.throttle) == FREE


async def test_released_attempts_do_not_count_without_it(one: Process) -> None:
    await one.throttle.reserve([A, B])
    await one.throttle.release([A, B])
    await one.throttle.reserve([A])
    await one.throttle.forget([A])
    one.cut()

    assert await reserve_at_once(one.throttle) == FREE


async def test_attempts_after_a_reset_elsewhere_count(one: Process, two: Process) -> None:
    assert await reserve_at_once(one.throttle) == FREE
    await two.throttle.forget([A, B])
    assert await one.throttle.reserve([A]) == 0
    one.cut()

    # Twice as long as after the free ones: it is one more.
    assert await one.throttle.reserve([A]) == pytest.approx(20, abs=0.5)


async def test_a_redis_that_is_back_is_asked_again(
    one: Process, two: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(breaker, "monotonic", lambda: now)
    one.cut()
    assert await reserve_at_once(one.throttle) == FREE
    assert await reserve_at_once(two.throttle) == FREE
    await two.throttle.forget([A, B])
    one.mend()
    assert await one.throttle.reserve([A]) > 0

    now += BREAKER_SECONDS
    assert await one.throttle.reserve([A]) == 0


async def test_two_of_the_service_share_their_throttle(
    settings: Settings, redis: Redis, redis_url: str
) -> None:
    changes = {"redis_url": redis_url, "redis_timeout": 10, "sign_in_free_attempts": 1}
    apps = [create_app(settings.model_copy(update=changes)) for _ in range(2)]
    waits = []
    for app in apps:
        async with app.router.lifespan_context(app) as state:
            assert state is not None
            waits.append(await state["auth_server"].throttle.reserve([A]))

    assert waits == [0, pytest.approx(1, abs=0.5)]
