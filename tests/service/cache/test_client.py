import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.cache.client import RedisClient, open_client
from app.cache.server import MAX_CONNECTIONS
from app.core.errors import DegradedError
from service.support.series import moving

# Longer than any timeout of the client, shorter than anybody's patience.
HANG_SECONDS = 5
LOST = "redis_commands_lost_total"


async def get_value(client: RedisClient) -> Any:
    return await client.execute(lambda redis: redis.get("key"))


async def test_without_a_url_there_is_no_value() -> None:
    async with open_client(None, timeout_seconds=0.2) as client:
        assert await get_value(client) is None
        await client.ping()


async def test_a_redis_that_is_away_gives_no_value() -> None:
    async with open_client("redis://127.0.0.1:1/0", timeout_seconds=0.2) as client:
        [(_, is_open)] = client.readings()
        assert not is_open()
        with moving(LOST, reason="failed"), moving(LOST, by=0, reason="skipped"):
            assert await get_value(client) is None
        with moving(LOST, by=0, reason="failed"), moving(LOST, reason="skipped"):
            assert await get_value(client) is None
        assert is_open()
        with pytest.raises(RedisError):
            await client.ping()


async def test_a_redis_that_hangs_is_given_up_and_then_left_alone(hanging: Any) -> None:
    async with open_client(hanging.url, timeout_seconds=0.2) as client:
        with anyio.fail_after(HANG_SECONDS):
            assert await get_value(client) is None
            tried = hanging.connections
            assert await get_value(client) is None

    assert hanging.connections == tried == 1


async def test_a_waiting_caller_learns_that_there_is_no_value(hanging: Any) -> None:
    async with open_client(hanging.url, timeout_seconds=0.2) as client:

        async def ask_later() -> Any:
            await anyio.sleep(0.1)
            return await get_value(client)

        with anyio.fail_after(HANG_SECONDS):
            first = [get_value(client) for _ in range(MAX_CONNECTIONS)]
            later = [ask_later() for _ in range(MAX_CONNECTIONS)]
            responses = await asyncio.gather(*first, *later)

    assert set(responses) == {None}
    assert hanging.connections == MAX_CONNECTIONS


@pytest.fixture
async def client(redis: Redis, redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_client(redis_url, timeout_seconds=10) as client:
        yield client


async def test_a_redis_that_is_there_gives_the_value(client: RedisClient, redis: Redis) -> None:
    await redis.set("key", "value")

    assert await get_value(client) == b"value"
    await client.ping()


@pytest.mark.parametrize("command", ["eval", "set"])
async def test_a_redis_that_refuses_what_is_needed_is_degraded(
    redis: Redis, redis_url: str, command: str
) -> None:
    await redis.acl_setuser(
        "limping",
        enabled=True,
        passwords=["+limping"],
        keys=["*"],
        commands=["+@all", f"-{command}"],
    )
    url = urlsplit(redis_url)
    place = url.netloc.rpartition("@")[2]
    limping = url._replace(netloc=f"limping:limping@{place}").geturl()
    try:
        async with open_client(limping, timeout_seconds=10) as client:
            with pytest.raises(DegradedError):
                await client.ping()
    finally:
        await redis.acl_deluser("limping")


async def test_a_connection_that_redis_closed_is_opened_again(
    client: RedisClient, redis: Redis
) -> None:
    await redis.set("key", "value")
    await get_value(client)
    await redis.client_kill_filter(_type="normal", skipme=True)

    assert await get_value(client) == b"value"
