import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from app.cache import limiter
from app.cache.client import open_client
from app.cache.read_through import Cache
from service.support.clocks import ASK_TIME, READ_CLOCK, Clock
from service.support.shelf import Shelf


@pytest.fixture
def redis_url() -> str:
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        pytest.skip("set TEST_REDIS_URL to a Redis whose database may be emptied")
    return url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
        yield redis


@pytest.fixture
async def cache(redis: Redis, redis_url: str) -> AsyncIterator[Cache]:
    async with open_client(redis_url, timeout_seconds=10) as client:
        yield Cache(client)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def clock(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the limiter goes by, on both sides of the connection."""
    clock = Clock(redis)
    await clock.advance(0)
    assert ASK_TIME in limiter.HIT
    monkeypatch.setattr(limiter, "HIT", limiter.HIT.replace(ASK_TIME, READ_CLOCK))
    # One that Redis does not know, so that it is sent the script.
    monkeypatch.setattr(limiter, "_SHA", "0" * 40)
    monkeypatch.setattr(limiter, "monotonic", clock)
    return clock


@dataclass
class Hanging:
    url: str
    connections: int = 0
    connected: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
async def hanging() -> AsyncIterator[Hanging]:
    """Listens like a Redis that hangs: takes connections and never responds."""
    done = asyncio.Event()
    seen = Hanging("")

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        seen.connected.set()
        await done.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    seen.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    yield seen
    done.set()
    server.close()
    await server.wait_closed()
