"""The limiter in memory: one decision for each request."""

from itertools import cycle

from pytest_benchmark.fixture import BenchmarkFixture

from app.core.limits.limiter import Decision, RateLimit
from app.core.limits.memory_limiter import MemoryLimiter

CLIENTS = [f"address:192.0.2.{number}" for number in range(200)]


def hit(limiter: MemoryLimiter, limit: RateLimit, client: str) -> Decision:
    """Run the coroutine, which waits for nothing, without a loop."""
    try:
        limiter.hit(limit, client).send(None)
    except StopIteration as done:
        decision: Decision = done.value
        return decision
    raise AssertionError("it waits")


def test_a_request_that_may_go_on(benchmark: BenchmarkFixture) -> None:
    """So many clients that none comes to its limit."""
    limiter, limit, clients = MemoryLimiter(), RateLimit("many", 10_000, 60, ("/",)), cycle(CLIENTS)

    assert benchmark(lambda: hit(limiter, limit, next(clients))).allowed


def test_a_request_too_many(benchmark: BenchmarkFixture) -> None:
    limiter, limit = MemoryLimiter(), RateLimit("few", 100, 3600, ("/",))
    for _ in range(100):
        hit(limiter, limit, CLIENTS[0])

    assert not benchmark(hit, limiter, limit, CLIENTS[0]).allowed
