import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.cache.client import Cache, open_cache

# Longer than any timeout of the cache, shorter than anybody's patience.
HANG_SECONDS = 5


class Price(BaseModel):
    cents: int


class Shelf:
    """Something slow to read, that counts its readers."""

    def __init__(self) -> None:
        self.reads = 0

    async def load(self) -> Price:
        self.reads += 1
        return Price(cents=100 * self.reads)


async def read(cache: Cache, shelf: Shelf, ttl_seconds: int = 60) -> int:
    return (await cache.read_through("price", ttl_seconds, Price, shelf.load)).cents


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[int]]]:
    """Listens like a Redis that hangs: takes connections and never answers."""
    connections: list[int] = []
    done = asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await done.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"redis://127.0.0.1:{port}/0", connections
    finally:
        done.set()
        server.close()
        await server.wait_closed()


async def test_without_a_url_every_read_is_a_miss() -> None:
    shelf = Shelf()
    async with open_cache(None) as cache:
        assert [await read(cache, shelf), await read(cache, shelf)] == [100, 200]
        await cache.ping()


async def test_a_redis_that_is_away_is_a_miss() -> None:
    shelf = Shelf()
    async with open_cache("redis://127.0.0.1:1/0") as cache:
        assert [await read(cache, shelf), await read(cache, shelf)] == [100, 200]
        with pytest.raises(RedisError):
            await cache.ping()


async def test_a_redis_that_hangs_is_given_up_and_then_left_alone() -> None:
    shelf = Shelf()
    async with listening() as (url, connections), open_cache(url) as cache:
        with anyio.fail_after(HANG_SECONDS):
            first = await read(cache, shelf)
            tried = len(connections)
            second = await read(cache, shelf)

        assert [first, second] == [100, 200]
        assert 1 <= tried <= 2
        assert len(connections) == tried


@pytest.fixture
async def cache(redis: Redis) -> AsyncIterator[Cache]:
    async with open_cache(os.environ["TEST_REDIS_URL"]) as cache:
        yield cache


async def test_a_second_read_is_answered_from_redis(cache: Cache, redis: Redis) -> None:
    shelf = Shelf()

    assert [await read(cache, shelf), await read(cache, shelf)] == [100, 100]
    assert shelf.reads == 1
    assert 0 < await redis.ttl("price") <= 60
    await cache.ping()


async def test_an_entry_of_another_form_is_loaded_anew(cache: Cache, redis: Redis) -> None:
    shelf = Shelf()
    await redis.set("price", '{"euros": 1}')

    assert [await read(cache, shelf), await read(cache, shelf)] == [100, 100]


async def test_a_connection_that_redis_closed_is_opened_again(cache: Cache, redis: Redis) -> None:
    shelf = Shelf()
    await read(cache, shelf)
    await redis.client_kill_filter(_type="normal", skipme=True)

    assert await read(cache, shelf) == 100
    assert shelf.reads == 1
