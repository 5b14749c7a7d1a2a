from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from app.core.limits.throttle import Policies, ThrottleKey

# Some 20 MB when all are there.
MAX_KEYS = 50_000


@dataclass(slots=True)
class _Attempts:
    forgotten_at: float
    last: float
    before: float
    count: int = 0


class MemoryThrottle:
    """Counts in this process alone. Of too many keys it forgets the one that was used longest ago."""

    def __init__(self, policies: Policies, max_keys: int = MAX_KEYS) -> None:
        self._policies = policies
        self._max_keys = max_keys
        self._attempts: OrderedDict[ThrottleKey, _Attempts] = OrderedDict()

    async def reserve(self, keys: Sequence[ThrottleKey]) -> float:
        now = monotonic()
        wait = max((self._get_wait(key, now) for key in keys), default=0.0)
        if wait == 0:
            self.count(keys)
        return wait

    def count(self, keys: Sequence[ThrottleKey]) -> None:
        """Counts an attempt that goes on, whatever this process would have said."""
        now = monotonic()
        for key in keys:
            attempts = self._find(key, now) or self._add(key, now)
            attempts.count += 1
            attempts.before, attempts.last = attempts.last, now

    async def release(self, keys: Sequence[ThrottleKey]) -> None:
        now = monotonic()
        for key in keys:
            attempts = self._find(key, now)
            if attempts is None:
                continue
            attempts.count -= 1
            attempts.last = attempts.before
            if attempts.count == 0:
                del self._attempts[key]

    async def forget(self, keys: Sequence[ThrottleKey]) -> None:
        for key in keys:
            self._attempts.pop(key, None)

    def _get_wait(self, key: ThrottleKey, now: float) -> float:
        attempts = self._find(key, now)
        if attempts is None:
            return 0.0
        free_at = attempts.last + self._policies[key.kind].delay_after(attempts.count)
        return max(0.0, min(free_at, attempts.forgotten_at) - now)

    def _find(self, key: ThrottleKey, now: float) -> _Attempts | None:
        attempts = self._attempts.get(key)
        if attempts is None:
            return None
        if attempts.forgotten_at <= now:
            del self._attempts[key]
            return None
        self._attempts.move_to_end(key)
        return attempts

    def _add(self, key: ThrottleKey, now: float) -> _Attempts:
        attempts = _Attempts(now + self._policies[key.kind].memory, last=now, before=now)
        self._attempts[key] = attempts
        if len(self._attempts) > self._max_keys:
            self._attempts.popitem(last=False)
        return attempts
