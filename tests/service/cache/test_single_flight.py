import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.cache.single_flight import MAX_WAITS, SingleFlight


class Source:
    """Something slow to fetch: a fetch lasts until the test ends it."""

    def __init__(self) -> None:
        self.fetches: list[asyncio.Future[str]] = []

    async def fetch(self) -> str:
        self.fetches.append(asyncio.get_running_loop().create_future())
        return await self.fetches[-1]


async def settle() -> None:
    """Lets every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def single_flight() -> SingleFlight:
    return SingleFlight()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def start_callers(
    single_flight: SingleFlight, source: Source
) -> Callable[..., Awaitable[list[asyncio.Task[str]]]]:
    """A function that starts so many callers at once."""

    async def start_callers(callers: int, key: str = "key") -> list[asyncio.Task[str]]:
        tasks = [asyncio.create_task(single_flight.run(key, source.fetch)) for _ in range(callers)]
        await settle()
        return tasks

    return start_callers


StartCallers = Callable[..., Awaitable[list[asyncio.Task[str]]]]


def is_empty(single_flight: SingleFlight) -> bool:
    return not single_flight._futures


async def test_one_caller_fetches_for_all(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    tasks = await start_callers(50)
    [fetch] = source.fetches
    fetch.set_result("value")

    assert set(await asyncio.gather(*tasks)) == {"value"}
    assert is_empty(single_flight)


async def test_a_caller_after_the_flight_fetches_anew(
    source: Source, start_callers: StartCallers
) -> None:
    for value in ("first", "second"):
        [task] = await start_callers(1)
        source.fetches[-1].set_result(value)
        assert await task == value


async def test_other_keys_are_fetched_for_themselves(
    source: Source, start_callers: StartCallers
) -> None:
    tasks = await start_callers(1, "one") + await start_callers(1, "other")
    for fetch, value in zip(source.fetches, ("of one", "of the other"), strict=True):
        fetch.set_result(value)

    assert await asyncio.gather(*tasks) == ["of one", "of the other"]


async def test_another_takes_the_place_of_one_who_is_cancelled(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    leader, *others = await start_callers(50)
    leader.cancel()
    await settle()
    cancelled, fetch = source.fetches
    fetch.set_result("value")

    assert set(await asyncio.gather(*others)) == {"value"}
    assert cancelled.cancelled()
    assert leader.cancelled()
    assert is_empty(single_flight)


async def test_another_takes_the_place_of_one_who_fails(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    leader, *others = await start_callers(50)
    source.fetches[0].set_exception(RuntimeError("of the leader"))
    await settle()
    _, fetch = source.fetches
    fetch.set_result("value")

    assert set(await asyncio.gather(*others)) == {"value"}
    with pytest.raises(RuntimeError):
        await leader
    assert is_empty(single_flight)


async def test_a_cancelled_waiter_disturbs_no_other(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    tasks = await start_callers(3)
    gone = tasks.pop()
    gone.cancel()
    await settle()
    [fetch] = source.fetches
    fetch.set_result("value")

    assert await asyncio.gather(*tasks) == ["value", "value"]
    assert gone.cancelled()


async def test_waiting_for_failures_is_bounded(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    """Each with its own error, and the last of them no later than the others."""
    tasks = await start_callers(10)
    for attempt in range(MAX_WAITS):
        assert len(source.fetches) == attempt + 1
        source.fetches[attempt].set_exception(RuntimeError(f"{attempt}"))
        await settle()
    assert len(source.fetches) == len(tasks)
    for attempt, fetch in enumerate(source.fetches[MAX_WAITS:], start=MAX_WAITS):
        fetch.set_exception(RuntimeError(f"{attempt}"))

    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert {str(error) for error in errors} == {f"{attempt}" for attempt in range(len(tasks))}
    assert is_empty(single_flight)


async def test_a_forgotten_flight_is_not_joined(
    single_flight: SingleFlight, source: Source, start_callers: StartCallers
) -> None:
    before = await start_callers(2)
    single_flight.forget("key")
    after = await start_callers(2)
    old, new = source.fetches
    old.set_result("old")
    await settle()
    # The end of the old one is not the end of the new one.
    after += await start_callers(1)
    assert len(source.fetches) == 2
    new.set_result("new")

    assert await asyncio.gather(*before) == ["old", "old"]
    assert await asyncio.gather(*after) == ["new", "new", "new"]
    assert is_empty(single_flight)
    single_flight.forget("key")
