"""What a limiter in memory costs, in bytes and in steps."""

import sys
import tracemalloc
from collections.abc import Iterator

import pytest

from app.core.limits.limiter import MAX_REQUESTS, RateLimit
from app.core.limits.memory_limiter import MAX_CLIENTS, MAX_TIMES, MemoryLimiter

# As its docstring says.
STATED_BYTES = 40_000_000
A_UUID = "00000000-0000-4000-8000-{:012d}"


def make_limit(requests: int) -> RateLimit:
    return RateLimit("default", requests=requests, window_seconds=60, paths=("/",))


def make_client(number: int) -> str:
    """Make the longest name that a client has: a user in a tenant."""
    return f"user:{A_UUID.format(number)}:{A_UUID.format(number)}"


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(
    ("clients", "each"),
    [
        (100_000, 1),
        # As full as it gets.
        (MAX_CLIENTS, MAX_TIMES // MAX_CLIENTS),
    ],
)
async def test_however_many_ask_it_stays_within_what_it_states(clients: int, each: int) -> None:
    limit = make_limit(each)
    limiter = MemoryLimiter()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(clients):
        client = make_client(number)
        for _ in range(each):
            await limiter.hit(limit, client)
    _, peak = tracemalloc.get_traced_memory()

    assert peak - before < STATED_BYTES


async def count_steps(limiter: MemoryLimiter, limit: RateLimit, client: str) -> int:
    """Count what is called for one request, by Python or in C."""
    steps = 0

    def note(_: object, event: str, __: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        await limiter.hit(limit, client)
    finally:
        sys.setprofile(None)
    return steps


async def test_a_request_costs_the_same_however_many_clients_and_whatever_the_limit() -> None:
    costs = set()
    for clients, requests in ((1, 10), (1, MAX_REQUESTS), (1000, 10), (MAX_CLIENTS, 10)):
        limiter = MemoryLimiter()
        for number in range(clients):
            await limiter.hit(make_limit(requests), make_client(number))
        for _ in range(requests - 2):
            await limiter.hit(make_limit(requests), make_client(0))
        costs.add(await count_steps(limiter, make_limit(requests), make_client(0)))

    assert len(costs) == 1
