from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.cache.client import RedisClient, open_client

# Longer than any timeout of the client, shorter than anybody's patience.
HANG_SECONDS = 5


async def ask(client: RedisClient) -> Any:
    return await client.ask(lambda redis: redis.get("key"))


async def test_without_a_url_there_is_no_answer() -> None:
    async with open_client(None) as client:
        assert await ask(client) is None
        await client.ping()


async def test_from_a_redis_that_is_away_there_is_no_answer() -> None:
    async with open_client("redis://127.0.0.1:1/0") as client:
        assert await ask(client) is None
        with pytest.raises(RedisError):
            await client.ping()


async def test_a_redis_that_hangs_is_given_up_and_then_left_alone(hanging: Any) -> None:
    async with open_client(hanging.url) as client:
        with anyio.fail_after(HANG_SECONDS):
            assert await ask(client) is None
            tried = hanging.connections
            assert await ask(client) is None

    assert 1 <= tried <= 2
    assert hanging.connections == tried


@pytest.fixture
async def client(redis: Redis, redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_client(redis_url) as client:
        yield client


async def test_a_redis_that_is_there_answers(client: RedisClient, redis: Redis) -> None:
    await redis.set("key", "value")

    assert await ask(client) == b"value"
    await client.ping()


async def test_a_connection_that_redis_closed_is_opened_again(
    client: RedisClient, redis: Redis
) -> None:
    await redis.set("key", "value")
    await ask(client)
    await redis.client_kill_filter(_type="normal", skipme=True)

    assert await ask(client) == b"value"
