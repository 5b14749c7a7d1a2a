from collections import OrderedDict, deque
from dataclasses import dataclass, field
from time import monotonic

from app.core.limits.limiter import Decision, RateLimit

MAX_CLIENTS = 20_000
MAX_TIMES = 500_000


@dataclass(slots=True)
class _Log:
    window_seconds: int
    times: deque[float] = field(default_factory=deque)


class MemoryLimiter:
    """Remembers the times of requests, in this process alone.

    Of at most MAX_CLIENTS clients and MAX_TIMES times, less than 40 MB when all are there; then it
    forgets the client whose last request is the oldest. A time is added once and removed once, whatever the
    limit and however many clients there are.
    """

    def __init__(self, max_clients: int = MAX_CLIENTS, max_times: int = MAX_TIMES) -> None:
        self._max_clients = max_clients
        self._max_times = max_times
        self._logs: OrderedDict[tuple[str, str], _Log] = OrderedDict()
        self._count = 0

    async def hit(self, limit: RateLimit, client: str) -> Decision:
        now = monotonic()
        log = self._find(limit, client)
        self._let_pass(log, now)
        allowed = len(log.times) < limit.requests
        if allowed:
            log.times.append(now)
            self._count += 1
            self._make_room(now)
        # In this order it is never a fraction above the window.
        reset = limit.window_seconds - (now - log.times[0])
        return Decision(allowed, limit.requests - len(log.times), reset)

    def _find(self, limit: RateLimit, client: str) -> _Log:
        """Returns the client's log, as the one that was used last."""
        key = (limit.name, client)
        if key not in self._logs:
            self._logs[key] = _Log(limit.window_seconds)
        self._logs.move_to_end(key)
        return self._logs[key]

    def _let_pass(self, log: _Log, now: float) -> None:
        begin = now - log.window_seconds
        while log.times and log.times[0] <= begin:
            log.times.popleft()
            self._count -= 1

    def _make_room(self, now: float) -> None:
        """Forgets one client, if there are too many or nothing of the one counts any more.

        One is enough: a request adds a client and a time at most.
        """
        oldest = next(iter(self._logs.values()))
        is_over = oldest.times[-1] <= now - oldest.window_seconds
        if is_over or len(self._logs) > self._max_clients or self._count > self._max_times:
            self._logs.popitem(last=False)
            self._count -= len(oldest.times)
