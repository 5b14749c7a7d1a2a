"""One process and two that share a Redis decide alike, whatever happens."""

import random

import pytest

from app.cache.limiter import RedisLimiter
from app.core.limits.limiter import RateLimit
from app.core.limits.memory_limiter import MemoryLimiter
from service.support.clocks import Clock

TICK = 0.125
STEPS = 120


@pytest.mark.parametrize("seed", range(25))
async def test_a_random_history(
    seed: int, memory: MemoryLimiter, processes: list[RedisLimiter], clock: Clock
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    limits = [
        RateLimit(name, chance.randint(1, 4), chance.randint(2, 5), ("/",)) for name in ("x", "y")
    ]
    refused = 0
    for step in range(STEPS):
        if chance.random() < 0.3:
            # Now and then to the edge of a window.
            ticks = chance.choice([1, 2, 5, 8, 8, 16, 31])
            await clock.advance(ticks * TICK)
        limit, client = chance.choice(limits), chance.choice("ab")
        alone = await memory.hit(limit, client)
        shared = await chance.choice(processes).hit(limit, client)
        assert shared == alone, f"step {step} of seed {seed}"
        refused += not alone.allowed

    # A history in which all or nothing passes would prove little.
    assert 0 < refused < STEPS
