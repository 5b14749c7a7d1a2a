"""What every throttle does, as histories of two keys. Not a test: tests of each throttle read it.

`ab:ok` is an attempt for both keys that may go on, `a:10` one that has to wait for ten seconds, and
`+10` lets these pass. `a:release` and `a:forget` are what they say.
"""

from collections.abc import Awaitable, Callable

import pytest

from app.core.limits.throttle import Throttle, ThrottleKey, ThrottleKind, ThrottlePolicy

A = ThrottleKey(ThrottleKind.ACCOUNT, "a")
B = ThrottleKey(ThrottleKind.ADDRESS, "b")
POLICIES = {
    ThrottleKind.ACCOUNT: ThrottlePolicy(free=2, first_delay=10, longest_delay=35, memory=100),
    ThrottleKind.ADDRESS: ThrottlePolicy(free=3, first_delay=10, longest_delay=35, memory=100),
}
HISTORIES = {
    "some are free, then the wait doubles up to the longest": (
        "a:ok a:ok a:10 +9 a:1 +1 a:ok a:20 +20 a:ok a:35 +30 a:5"
    ),
    "to be refused is not counted": "a:ok a:ok a:10 a:10 +5 a:5 +5 a:ok a:20",
    "one key does not touch another": "a:ok a:ok a:10 b:ok b:ok b:ok b:10",
    "the longest wait counts": "ab:ok ab:ok +10 ab:ok ab:20 b:10 +10 ab:10",
    "who waits for one key is counted for none": "ab:ok ab:ok ab:10 b:ok b:10",
    "what is released was never there": "a:ok a:release +95 a:ok a:ok a:10",
    "a release brings the wait back that was there": (
        "a:ok a:ok +10 a:ok a:20 a:release a:ok a:20 +5 a:release +5 a:ok"
    ),
    "there is nothing to release": "a:release ab:release a:ok a:ok a:10",
    "two releases of two": "ab:ok ab:ok ab:release ab:release ab:ok ab:ok a:10",
    "what is forgotten begins anew": "a:ok a:ok +10 a:ok a:20 a:forget a:ok a:ok a:10",
    "only what is named is forgotten": "ab:ok ab:ok b:ok a:forget a:ok b:10",
    "there is nothing to forget": "ab:forget a:ok",
    "memory is counted from the first": "a:ok +95 a:ok a:5 +5 a:ok a:ok a:10",
    "memory ends": "ab:ok ab:ok +100 ab:ok ab:ok ab:10",
}


async def follow(
    history: str, throttle: Throttle, let_pass: Callable[[float], Awaitable[None]]
) -> None:
    """Does what the history says, and sees that each response is the one that it names."""
    for step in history.split():
        if step.startswith("+"):
            await let_pass(float(step))
            continue
        names, _, rest = step.partition(":")
        keys = [{"a": A, "b": B}[name] for name in names]
        if rest == "release":
            await throttle.release(keys)
        elif rest == "forget":
            await throttle.forget(keys)
        else:
            # A server's clock runs on meanwhile.
            expected = 0 if rest == "ok" else pytest.approx(float(rest), abs=0.5)
            assert await throttle.reserve(keys) == expected, step
