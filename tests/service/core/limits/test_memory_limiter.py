import asyncio

import pytest

from app.core.limits import memory_limiter
from app.core.limits.limiter import Decision, RateLimit
from app.core.limits.memory_limiter import MemoryLimiter
from service.support.limiters import HISTORIES, LIMIT, follow


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory_limiter, "monotonic", clock)
    return clock


async def count_passing(limiter: MemoryLimiter, client: str) -> int:
    decisions = await asyncio.gather(*(limiter.hit(LIMIT, client) for _ in range(10)))
    return [decision.allowed for decision in decisions].count(True)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_a_history(history: str, clock: Clock) -> None:
    await follow(history, MemoryLimiter(), clock.advance)


async def test_a_decision_says_how_many_are_left_and_when_there_is_one_more(clock: Clock) -> None:
    limiter = MemoryLimiter()
    decisions = []
    for _ in range(4):
        decisions.append(await limiter.hit(LIMIT, "a"))
        await clock.advance(10)

    assert decisions == [
        Decision(allowed=True, remaining=2, reset=60),
        Decision(allowed=True, remaining=1, reset=50),
        Decision(allowed=True, remaining=0, reset=40),
        Decision(allowed=False, remaining=0, reset=30),
    ]


async def test_each_limit_counts_for_itself(clock: Clock) -> None:
    limiter = MemoryLimiter()
    other = RateLimit("other", requests=1, window_seconds=60, paths=("/",))

    assert await count_passing(limiter, "a") == 3
    assert (await limiter.hit(other, "a")).allowed


async def test_of_too_many_clients_the_one_who_asked_longest_ago_is_forgotten(clock: Clock) -> None:
    limiter = MemoryLimiter(max_clients=3)
    for client in "123":
        assert await count_passing(limiter, client) == 3
    # To be refused is a use, too: who is limited is not pushed out by others.
    assert await count_passing(limiter, "1") == 0
    assert await count_passing(limiter, "4") == 3

    assert [await count_passing(limiter, client) for client in "132"] == [0, 0, 3]


async def test_of_too_many_requests_likewise(clock: Clock) -> None:
    limiter = MemoryLimiter(max_times=6)
    for client in "123":
        assert await count_passing(limiter, client) == 3

    assert [await count_passing(limiter, client) for client in "321"] == [0, 0, 3]


async def test_hits_outside_the_window_take_no_room(clock: Clock) -> None:
    limiter = MemoryLimiter(max_times=6)
    for _ in range(5):
        assert await count_passing(limiter, "1") == 3
        await clock.advance(60)
    for client in "12":
        assert await count_passing(limiter, client) == 3

    assert [await count_passing(limiter, client) for client in "12"] == [0, 0]


async def test_a_client_idle_for_a_window_is_forgotten(clock: Clock) -> None:
    limiter = MemoryLimiter()
    for client in "123":
        await limiter.hit(LIMIT, client)
    await clock.advance(60)
    for _ in range(3):
        await limiter.hit(LIMIT, "4")

    assert list(limiter._logs) == [("test", "4")]


async def test_retry_after_is_within_the_window(clock: Clock) -> None:
    # Here 60 added and then taken away is more than 60: rounded up, a second too many.
    clock.now = 500.49469980918883

    assert (await MemoryLimiter().hit(LIMIT, "a")).reset == 60
