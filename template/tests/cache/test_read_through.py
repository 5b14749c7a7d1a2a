from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel
from redis.asyncio import Redis

from app.cache.client import open_client
from app.cache.read_through import Cache


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


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_every_read_is_a_miss(url: str | None) -> None:
    shelf = Shelf()
    async with open_client(url, timeout_seconds=0.2) as client:
        cache = Cache(client)
        assert [await read(cache, shelf), await read(cache, shelf)] == [100, 200]


@pytest.fixture
async def cache(redis: Redis, redis_url: str) -> AsyncIterator[Cache]:
    async with open_client(redis_url, timeout_seconds=10) as client:
        yield Cache(client)


async def test_a_second_read_is_answered_from_redis(cache: Cache, redis: Redis) -> None:
    shelf = Shelf()

    assert [await read(cache, shelf), await read(cache, shelf)] == [100, 100]
    assert shelf.reads == 1
    assert 0 < await redis.ttl("price") <= 60


async def test_an_entry_of_another_form_is_loaded_anew(cache: Cache, redis: Redis) -> None:
    shelf = Shelf()
    await redis.set("price", '{"euros": 1}')

    assert [await read(cache, shelf), await read(cache, shelf)] == [100, 100]
