import asyncio

import pytest

from app.core.limits import memory_throttle
from app.core.limits.memory_throttle import MemoryThrottle
from app.core.limits.throttle import ThrottleKey, ThrottleKind
from service.support.throttles import HISTORIES, POLICIES, A, B, follow


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory_throttle, "monotonic", clock)
    return clock


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_a_history(history: str, clock: Clock) -> None:
    await follow(history, MemoryThrottle(POLICIES), clock.advance)


async def test_of_many_at_once_only_the_free_ones_pass(clock: Clock) -> None:
    throttle = MemoryThrottle(POLICIES)
    waits = await asyncio.gather(*(throttle.reserve([A, B]) for _ in range(50)))

    assert waits.count(0) == POLICIES[A.kind].free


async def test_an_attempt_may_be_counted_whatever_the_wait(clock: Clock) -> None:
    throttle = MemoryThrottle(POLICIES)
    for _ in range(3):
        throttle.count([A])

    assert await throttle.reserve([A]) == 20


async def test_of_too_many_keys_the_one_used_longest_ago_is_forgotten(clock: Clock) -> None:
    throttle = MemoryThrottle(POLICIES, max_keys=3)
    one, two, three, four = (ThrottleKey(ThrottleKind.ACCOUNT, name) for name in "1234")
    for key in (one, one, two, two, three, three):
        await throttle.reserve([key])
    # To be refused is a use, too: who is under attack is not pushed out by others.
    assert await throttle.reserve([one]) == 10
    await throttle.reserve([four])

    assert [await throttle.reserve([key]) for key in (one, three, two)] == [10, 10, 0]
