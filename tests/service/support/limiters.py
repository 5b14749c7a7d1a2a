"""What every limiter does, as histories of two clients. Not a test: tests of each limiter read it.

The limit is three requests in sixty seconds. `a:ok` is a request that may go on, `a:10` one that has to
wait for ten seconds, and `+10` lets these pass.
"""

from collections.abc import Awaitable, Callable

from app.core.limits.limiter import Limiter, RateLimit

LIMIT = RateLimit("test", requests=3, window_seconds=60, paths=("/",))
HISTORIES = {
    "the next waits until the oldest leaves the window": (
        "a:ok +10 a:ok +10 a:ok a:40 +39 a:1 +1 a:ok a:10"
    ),
    "the window slides and does not jump": "a:ok +59 a:ok a:ok a:1 +1 a:ok a:59 +59 a:ok a:ok a:1",
    "to be refused is not counted": "a:ok a:ok a:ok a:60 +30 a:30 a:30 +30 a:ok a:ok a:ok a:60",
    "each client has all of it": "a:ok a:ok a:ok b:ok b:ok b:ok b:60 a:60",
    "after a window all is forgotten": "a:ok a:ok a:ok +61 a:ok a:ok a:ok a:60",
}


async def follow(
    history: str, limiter: Limiter, let_pass: Callable[[float], Awaitable[None]]
) -> None:
    """Does what the history says, and sees that each decision is the one that it names."""
    for step in history.split():
        if step.startswith("+"):
            await let_pass(float(step))
            continue
        client, _, expected = step.partition(":")
        decision = await limiter.hit(LIMIT, client)
        assert decision is not None
        assert decision.allowed == (expected == "ok"), step
        if not decision.allowed:
            assert decision.reset == float(expected), step
