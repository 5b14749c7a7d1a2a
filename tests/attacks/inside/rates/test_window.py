"""How many requests pass around the edges of a window, counted exactly."""

import pytest

from app.core.limits.limiter import Limiter, RateLimit
from service.support.clocks import Clock

LIMIT = RateLimit("window", requests=10, window_seconds=8, paths=("/",))
# The least that both clocks can tell apart exactly.
TICK = 0.125


async def count_passing(limiter: Limiter) -> int:
    """Ask until it is enough, and then some more; return how many may go on."""
    decisions = [await limiter.hit(LIMIT, "a") for _ in range(LIMIT.requests + 5)]
    return [decision.allowed for decision in decisions if decision].count(True)


async def test_a_burst_fills_a_window_and_the_next_one_begins_at_its_edge(
    limiter: Limiter, clock: Clock
) -> None:
    for _ in range(3):
        assert await count_passing(limiter) == LIMIT.requests
        await clock.advance(LIMIT.window_seconds - TICK)
        assert await count_passing(limiter) == 0
        await clock.advance(TICK)


async def test_a_burst_on_both_sides_of_a_minute_is_one_burst(
    limiter: Limiter, clock: Clock
) -> None:
    """Where fixed windows let twice as many through."""
    await clock.advance(LIMIT.window_seconds - clock.now % LIMIT.window_seconds - TICK)
    before = await count_passing(limiter)
    await clock.advance(2 * TICK)

    assert (before, await count_passing(limiter)) == (LIMIT.requests, 0)


@pytest.mark.parametrize("ticks", [1, 3, 5])
async def test_no_window_has_more_wherever_it_begins(
    limiter: Limiter, clock: Clock, ticks: int
) -> None:
    """Asked at each step of a clock, so that some requests are refused and some are not."""
    passed = []
    for _ in range(300):
        decision = await limiter.hit(LIMIT, "a")
        assert decision
        if decision.allowed:
            passed.append(clock.now)
        await clock.advance(ticks * TICK)

    begins = [clock.now - step * TICK for step in range(300 * ticks)]
    most = max(sum(begin <= at < begin + LIMIT.window_seconds for at in passed) for begin in begins)
    assert most == LIMIT.requests


async def test_retry_after_is_exact(limiter: Limiter, clock: Clock) -> None:
    """Who waits as long as they are told is let through, and a tick earlier nobody is."""
    for _ in range(LIMIT.requests):
        await limiter.hit(LIMIT, "a")
        await clock.advance(TICK)
    for _ in range(2 * LIMIT.requests):
        refused = await limiter.hit(LIMIT, "a")
        assert refused
        assert not refused.allowed
        await clock.advance(refused.reset - TICK)
        early = await limiter.hit(LIMIT, "a")
        await clock.advance(TICK)
        in_time = await limiter.hit(LIMIT, "a")
        assert early
        assert in_time
        assert (early.allowed, early.reset, in_time.allowed) == (False, TICK, True)
