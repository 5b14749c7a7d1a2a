import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import anyio
import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from app.cache.client import open_client
from app.cache.read_through import MAX_TTL_SECONDS, PREFIX, Cache
from service.support.shelf import OURS, THEIRS, Shelf

ENTRY = PREFIX + ":{" + f"{OURS}:price" + "}:entry"
# Longer than any timeout of the client, shorter than anybody's patience.
HANG_SECONDS = 5


def count_reads() -> dict[str, float]:
    outcomes = ("hit", "miss", "error")
    counted = {
        outcome: REGISTRY.get_sample_value("cache_reads_total", {"outcome": outcome})
        for outcome in outcomes
    }
    return {outcome: count for outcome, count in counted.items() if count is not None}


@contextmanager
def counting() -> Iterator[dict[str, float]]:
    """Yields what is filled, at the end, with the outcomes of the reads."""
    seen: dict[str, float] = {}
    before = count_reads()
    yield seen
    changes = {outcome: count - before[outcome] for outcome, count in count_reads().items()}
    seen.update({outcome: change for outcome, change in changes.items() if change})


def test_every_outcome_is_there_from_the_start() -> None:
    assert count_reads().keys() == {"hit", "miss", "error"}


@pytest.mark.parametrize(("url", "outcome"), [(None, "miss"), ("redis://127.0.0.1:1/0", "error")])
async def test_without_redis_every_read_is_a_miss(
    shelf: Shelf, url: str | None, outcome: str
) -> None:
    async with open_client(url, timeout_seconds=0.2) as client:
        cache = Cache(client)
        with counting() as seen:
            assert await shelf.read(cache) == await shelf.read(cache) == 100

    assert shelf.reads == 2
    assert seen == {outcome: 2}


async def test_a_redis_that_hangs_is_a_miss(shelf: Shelf, hanging: Any) -> None:
    async with open_client(hanging.url, timeout_seconds=0.2) as client:
        with anyio.fail_after(HANG_SECONDS), counting() as seen:
            assert await shelf.read(Cache(client)) == 100

    assert seen == {"error": 1}
    # It is not asked to store either: nobody knows for which epoch.
    assert hanging.connections == 1


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_concurrent_readers_load_once(shelf: Shelf, url: str | None) -> None:
    shelf.is_quick = False
    async with open_client(url, timeout_seconds=0.2) as client:
        cache = Cache(client)
        readers = [asyncio.create_task(shelf.read(cache)) for _ in range(50)]
        await shelf.reading.wait()
        await anyio.sleep(0.05)
        shelf.let_go.set()
        assert set(await asyncio.gather(*readers)) == {100}

    assert shelf.reads == 1


async def test_a_second_read_comes_from_redis(cache: Cache, redis: Redis, shelf: Shelf) -> None:
    with counting() as seen:
        assert await shelf.read(cache) == await shelf.read(cache) == 100

    assert shelf.reads == 1
    assert seen == {"hit": 1, "miss": 1}
    assert 0 < await redis.ttl(ENTRY) <= 60


async def test_an_entry_ends_with_its_time_to_live(
    cache: Cache, redis: Redis, shelf: Shelf
) -> None:
    await shelf.read(cache, ttl_seconds=10)
    assert 0 < await redis.ttl(ENTRY) <= 10
    await redis.pexpire(ENTRY, 1)
    await anyio.sleep(0.02)

    await shelf.read(cache)
    assert shelf.reads == 2


async def test_no_entry_lives_longer_than_an_epoch(
    cache: Cache, redis: Redis, shelf: Shelf
) -> None:
    await shelf.read(cache, ttl_seconds=10 * MAX_TTL_SECONDS)

    assert 0 < await redis.ttl(ENTRY) <= MAX_TTL_SECONDS


async def test_tenants_share_no_value(cache: Cache, redis: Redis) -> None:
    ours, theirs = Shelf(100), Shelf(200)
    for _ in range(2):
        assert await ours.read(cache, OURS) == 100
        assert await theirs.read(cache, THEIRS) == 200

    assert (ours.reads, theirs.reads) == (1, 1)
    assert len(await redis.keys()) == 2


async def test_tenants_do_not_load_for_each_other() -> None:
    ours, theirs = Shelf(100), Shelf(200)
    ours.is_quick = theirs.is_quick = False
    async with open_client(None, timeout_seconds=0.2) as client:
        cache = Cache(client)
        readers = [
            asyncio.create_task(shelf.read(cache, tenant_id))
            for shelf, tenant_id in ((ours, OURS), (theirs, THEIRS))
        ]
        with anyio.fail_after(HANG_SECONDS):
            await ours.reading.wait()
            await theirs.reading.wait()
        ours.let_go.set()
        theirs.let_go.set()

        assert await asyncio.gather(*readers) == [100, 200]


async def test_concurrent_readers_load_once(cache: Cache, shelf: Shelf) -> None:
    shelf.is_quick = False
    readers = [asyncio.create_task(shelf.read(cache)) for _ in range(50)]
    await shelf.reading.wait()
    await anyio.sleep(0.1)
    shelf.let_go.set()

    assert set(await asyncio.gather(*readers)) == {100}
    assert shelf.reads == 1


async def test_a_miss_just_before_the_value_was_stored_is_read_again(
    cache: Cache, shelf: Shelf
) -> None:
    """A price that is read at once: many find nothing in Redis and nobody reading any more."""
    for tenant_id in [uuid4() for _ in range(20)]:
        shelf.reads = 0
        with counting() as seen:
            await asyncio.gather(*(shelf.read(cache, tenant_id) for _ in range(50)))
        assert shelf.reads == 1
        assert sum(seen.values()) == 50


async def test_a_reader_who_goes_away_takes_nothing_with_it(cache: Cache, shelf: Shelf) -> None:
    shelf.is_quick = False
    leader = asyncio.create_task(shelf.read(cache))
    await shelf.reading.wait()
    others = [asyncio.create_task(shelf.read(cache)) for _ in range(9)]
    await anyio.sleep(0.1)
    leader.cancel()
    shelf.let_go.set()

    assert set(await asyncio.gather(*others)) == {100}
    assert shelf.reads == 2


@pytest.mark.parametrize(
    "entry", ["", "price", ':{"euros": 1}', ":", "\xff:\xff", 'x:{"cents": 1}']
)
async def test_an_entry_of_another_form_is_loaded_anew(
    cache: Cache, redis: Redis, shelf: Shelf, entry: str
) -> None:
    await redis.set(ENTRY, entry)

    assert await shelf.read(cache) == await shelf.read(cache) == 100
    assert shelf.reads == 1


async def test_an_entry_of_another_kind_is_loaded_anew(
    cache: Cache, redis: Redis, shelf: Shelf
) -> None:
    await redis.rpush(ENTRY, "a list")

    assert await shelf.read(cache) == await shelf.read(cache) == 100
    assert shelf.reads == 1


async def test_an_entry_that_cannot_be_parsed_is_an_error(
    cache: Cache, redis: Redis, shelf: Shelf
) -> None:
    await redis.set(ENTRY, ':{"euros": 1}')
    with counting() as seen:
        await shelf.read(cache)

    assert seen == {"error": 1}
