"""What is to be reached: the one table of goals."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """The least ratio to the bare app, with limits in memory and in Redis.

    `or_extra_us` is the CPU that a request may take on top instead, in microseconds.
    """

    endpoint: str
    memory: float
    redis: float
    or_extra_us: float = 0.0


RATIOS = (
    Goal("health", memory=0.80, redis=0.80, or_extra_us=30),
    Goal("me", memory=1.80, redis=1.60),
    Goal("list", memory=1.70, redis=1.60),
    Goal("create", memory=1.15, redis=1.05),
    Goal("sign_in", memory=0.95, redis=0.93),
    # With limits in memory a 429 is to be as fast as the service's own health: DENIED_TO_HEALTH.
    Goal("denied", memory=0.0, redis=0.45),
)
DENIED_TO_HEALTH = 1.0
# With a tenth of the requests recorded, of the same service without traces.
TRACED_TO_UNTRACED = 0.7
# How many times longer than the first page a page takes that is deep in the list.
DEEP_TO_FIRST = 1.3
HEALTH_BESIDE_SIGN_INS_P99_MS = 25.0
P99_TO_P50 = 3.0
IDLE_MIB = 100.0
# Of the bare app with the same imports.
START_TO_BARE = 1.2
SOAK_REQUESTS = 200_000
SOAK_GROWTH = 0.05
SOAK_REDIS_KEYS = 100
CALLS_WHILE_DENIED = 0
