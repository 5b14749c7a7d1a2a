"""Many processes are several limiters here, each with a client of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from redis.asyncio import Redis

from app.cache.client import open_client
from app.cache.limiter import RedisLimiter
from app.core.config import Settings
from app.core.limits.limiter import Decision
from app.core.limits.memory_limiter import MemoryLimiter
from app.core.settings import project
from app.main import create_app
from service.support.clocks import Clock
from service.support.limiters import HISTORIES, LIMIT, follow

# Longer than any timeout of the client, shorter than anybody's patience.
HANG_SECONDS = 5


class Commands(list[str]):
    """The commands that are sent to Redis."""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    sent = Commands()
    execute: Any = Redis.execute_command

    async def note(redis: Redis, *command: Any, **options: Any) -> Any:
        sent.append(command[0])
        return await execute(redis, *command, **options)

    monkeypatch.setattr(Redis, "execute_command", note)
    return sent


@pytest.fixture
async def one(redis: Redis, redis_url: str) -> AsyncIterator[RedisLimiter]:
    async with open_client(redis_url, timeout_seconds=10) as client:
        yield RedisLimiter(client)


@pytest.fixture
async def two(redis: Redis, redis_url: str) -> AsyncIterator[RedisLimiter]:
    async with open_client(redis_url, timeout_seconds=10) as client:
        yield RedisLimiter(client)


async def count_passing(*limiters: RedisLimiter, client: str = "a") -> int:
    """Asks fifty times at once; returns how often it may go on."""
    asked = [limiters[i % len(limiters)].hit(LIMIT, client) for i in range(50)]
    decisions = await asyncio.gather(*asked)
    assert None not in decisions
    return [decision and decision.allowed for decision in decisions].count(True)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_a_history(history: str, one: RedisLimiter, clock: Clock) -> None:
    await follow(history, one, clock.advance)


async def test_of_many_at_once_only_so_many_pass_in_all_processes(
    one: RedisLimiter, two: RedisLimiter
) -> None:
    assert await count_passing(one, two) == LIMIT.requests


async def test_a_decision_says_how_many_are_left(one: RedisLimiter) -> None:
    decisions = [await one.hit(LIMIT, "a") for _ in range(4)]

    assert [decision and decision.remaining for decision in decisions] == [2, 1, 0, 0]


async def test_a_key_is_of_this_service_and_ends_with_its_window(
    one: RedisLimiter, redis: Redis
) -> None:
    await count_passing(one)

    [key] = await redis.keys()
    assert key == f"{project.SLUG}:rate-limit:test:a".encode()
    assert 0 < await redis.pttl(key) <= LIMIT.window_seconds * 1000
    assert await redis.zcard(key) == LIMIT.requests


async def test_a_request_is_one_question(one: RedisLimiter, commands: Commands) -> None:
    await one.hit(LIMIT, "a")
    commands.clear()
    await one.hit(LIMIT, "a")

    assert commands == ["EVALSHA"]


async def test_a_redis_that_knows_no_scripts_is_told(
    one: RedisLimiter, redis: Redis, commands: Commands
) -> None:
    await redis.script_flush()
    commands.clear()

    assert await one.hit(LIMIT, "a") is not None
    assert commands == ["EVALSHA", "EVAL"]


async def test_a_limited_client_costs_no_command_until_its_time(
    one: RedisLimiter, clock: Clock, commands: Commands
) -> None:
    await count_passing(one)
    await clock.advance(59)
    commands.clear()
    assert await one.hit(LIMIT, "a") == Decision(allowed=False, remaining=0, reset=1)
    assert commands == []

    await clock.advance(1)
    assert await count_passing(one) == LIMIT.requests


async def test_of_too_many_who_wait_the_first_is_asked_about_again(
    redis: Redis, redis_url: str, commands: Commands
) -> None:
    async with open_client(redis_url, timeout_seconds=10) as client:
        subject = RedisLimiter(client, max_denied=1)
        for name in "ab":
            await count_passing(subject, client=name)
        commands.clear()
        for name in "ba":
            await subject.hit(LIMIT, name)

    assert commands == ["EVALSHA"]


async def test_a_clock_that_is_put_back_locks_nobody_out(one: RedisLimiter, redis: Redis) -> None:
    """What it counted before the step lies in the future then."""
    await redis.zadd(f"{project.SLUG}:rate-limit:test:a", {str(i): 1e15 + i for i in range(3)})

    assert await count_passing(one) == LIMIT.requests


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_nobody_can_tell(url: str | None) -> None:
    async with open_client(url, timeout_seconds=0.2) as client:
        assert await RedisLimiter(client).hit(LIMIT, "a") is None


async def test_a_redis_that_hangs_is_waited_for_once(hanging: Any) -> None:
    async with open_client(hanging.url, timeout_seconds=0.2) as client:
        subject = RedisLimiter(client)
        with anyio.fail_after(HANG_SECONDS):
            assert await subject.hit(LIMIT, "a") is None
            assert await subject.hit(LIMIT, "a") is None

    assert hanging.connections == 1


@pytest.mark.parametrize(
    ("url", "kind"), [(None, MemoryLimiter), ("redis://127.0.0.1:1/0", RedisLimiter)]
)
async def test_the_service_has_the_limiter_that_it_has_a_url_for(
    settings: Settings, url: str | None, kind: type
) -> None:
    app = create_app(settings.model_copy(update={"redis_url": url}))

    async with app.router.lifespan_context(app) as state:
        assert state is not None
        assert isinstance(state["limiter"], kind)
