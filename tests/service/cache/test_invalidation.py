"""An invalidation follows the commit, and what was loaded before it counts for nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from app.cache import client, server
from app.cache.read_through import EPOCH_TTL_SECONDS, MAX_TTL_SECONDS, PREFIX, Cache
from app.db.models.tenant import Tenant
from app.db.session import Database
from service.support.shelf import OURS, THEIRS, Shelf
from service.support.watching import watch_connections

EPOCH = PREFIX + ":{" + f"{OURS}:price" + "}:epoch"
HANG_SECONDS = 5
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
async def cache_elsewhere(redis: Redis, redis_url: str) -> AsyncIterator[Cache]:
    """That of another process."""
    async with client.open_client(redis_url, timeout_seconds=10) as opened:
        yield Cache(opened)


async def change(database: Database, cache: Cache, shelf: Shelf, cents: int) -> None:
    """Writes as a request does."""
    async with database.session() as session:
        session.add(Tenant(name="written"))
        await session.flush()
        cache.invalidate_after_commit(session, OURS, "price")
        shelf.cents = cents


async def test_after_a_commit_everybody_loads_anew(
    database: Database, cache: Cache, cache_elsewhere: Cache, redis: Redis, shelf: Shelf
) -> None:
    await shelf.read(cache)
    await change(database, cache, shelf, 200)

    assert await shelf.read(cache_elsewhere) == await shelf.read(cache) == 200
    assert shelf.reads == 2
    assert MAX_TTL_SECONDS < await redis.ttl(EPOCH) <= EPOCH_TTL_SECONDS


async def test_entries_are_kept_until_the_commit(
    database: Database, cache: Cache, shelf: Shelf
) -> None:
    await shelf.read(cache)
    async with database.session() as session:
        cache.invalidate_after_commit(session, OURS, "price")
        shelf.cents = 200
        await session.flush()
        assert await shelf.read(cache) == 100

    assert await shelf.read(cache) == 200


async def test_a_rollback_leaves_the_entry(
    database: Database, cache: Cache, redis: Redis, shelf: Shelf
) -> None:
    async def fail() -> None:
        async with database.session() as session:
            session.add(Tenant(name="not written"))
            await session.flush()
            cache.invalidate_after_commit(session, OURS, "price")
            raise RuntimeError

    await shelf.read(cache)
    with pytest.raises(RuntimeError):
        await fail()

    await shelf.read(cache)
    assert shelf.reads == 1
    assert not await redis.exists(EPOCH)


async def test_other_tenants_and_names_keep_theirs(
    database: Database, cache: Cache, shelf: Shelf
) -> None:
    await shelf.read(cache, THEIRS)
    await change(database, cache, shelf, 200)
    async with database.session() as session:
        cache.invalidate_after_commit(session, THEIRS, "another")

    assert await shelf.read(cache, THEIRS) == 100


@pytest.mark.parametrize("times_before", [0, 1])
async def test_a_value_stored_by_a_slow_reader_is_not_used(
    database: Database, cache: Cache, cache_elsewhere: Cache, shelf: Shelf, times_before: int
) -> None:
    """It loads before the commit and stores after the invalidation, of which it knows nothing."""
    for _ in range(times_before):
        await change(database, cache, shelf, 100)
    slow = Shelf(100)
    slow.is_quick = False
    reader = asyncio.create_task(slow.read(cache_elsewhere))
    await slow.reading.wait()
    await change(database, cache, shelf, 200)
    slow.let_go.set()
    assert await reader == 100

    assert await shelf.read(cache) == 200
    assert await shelf.read(cache_elsewhere) == 200
    assert shelf.reads == 1


async def test_a_value_of_an_unknown_epoch_is_not_stored(
    redis: Redis, redis_url: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is away when it is asked, and back when the value has been loaded."""

    async def fail(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(server, "BREAKER_SECONDS", 0)
    async with client.open_client(redis_url, timeout_seconds=10) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(Redis, "mget", fail)
            await shelf.read(Cache(opened))
        assert await redis.keys() == []

        await shelf.read(Cache(opened))
        assert len(await redis.keys()) == 1


async def test_a_value_stored_after_an_invalidation_is_found(
    database: Database, cache: Cache, shelf: Shelf
) -> None:
    for cents in (200, 300):
        await change(database, cache, shelf, cents)
        assert await shelf.read(cache) == await shelf.read(cache) == cents

    assert shelf.reads == 2


async def test_a_flight_begun_before_an_invalidation_is_not_joined(
    database: Database, cache: Cache, cache_elsewhere: Cache, shelf: Shelf
) -> None:
    """Nor for a reader of the same process, when the invalidation was another one's."""
    slow = Shelf(100)
    slow.is_quick = False
    before = asyncio.create_task(slow.read(cache))
    await slow.reading.wait()
    await change(database, cache_elsewhere, shelf, 200)
    with anyio.fail_after(HANG_SECONDS):
        assert await shelf.read(cache) == 200
    slow.let_go.set()

    assert await before == 100
    assert await shelf.read(cache) == 200


@pytest.mark.parametrize("url", [None, AWAY])
async def test_without_redis_nobody_waits_for_what_this_process_has_changed(
    database: Database, shelf: Shelf, url: str | None
) -> None:
    slow = Shelf(100)
    slow.is_quick = False
    async with client.open_client(url, timeout_seconds=0.2) as opened:
        cache = Cache(opened)
        before = asyncio.create_task(slow.read(cache))
        await slow.reading.wait()
        await change(database, cache, shelf, 200)
        with anyio.fail_after(HANG_SECONDS):
            assert await shelf.read(cache) == 200
        slow.let_go.set()
        assert await before == 100


async def test_a_redis_that_hangs_keeps_neither_the_commit_nor_a_connection(
    database: Database, hanging: Any, shelf: Shelf
) -> None:
    async with client.open_client(hanging.url, timeout_seconds=0.2) as opened:
        with anyio.fail_after(HANG_SECONDS), watch_connections() as connections:
            writing = asyncio.create_task(change(database, Cache(opened), shelf, 200))
            await hanging.connected.wait()
            assert not writing.done()
            assert (connections.taken, connections.held) == (1, 0)
            await writing

    async with database.session() as session:
        assert (await session.scalars(select(Tenant.name))).all() == ["written"]
