"""The limiter that all processes share."""

from collections import OrderedDict
from hashlib import sha1
from time import monotonic

from app.cache.client import RedisClient
from app.core.limits.limiter import Decision, RateLimit
from app.core.settings import project

MAX_DENIED = 10_000

# A sorted set of one client under one limit: a member for each request that went on, its score the
# time. Times are in milliseconds of the server's clock, so that it does not matter what time the
# processes think it is. What is later than now is there when that clock was put back.
HIT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
local count = redis.call('ZCARD', KEYS[1])
local allowed = count < limit
if allowed then
  redis.call('ZADD', KEYS[1], now, table.concat({time[1], time[2], count}, ':'))
  redis.call('PEXPIRE', KEYS[1], window)
  count = count + 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {allowed and 1 or 0, limit - count, oldest[2] + window - now}
"""
_SHA = sha1(HIT.encode(), usedforsecurity=False).hexdigest()


class RedisLimiter:
    """Sends Redis one command for each request, and none for clients that have to wait.

    Those are remembered here until their time is up, at most MAX_DENIED of them. Fails open:
    without Redis the service is unprotected, not down.
    """

    def __init__(self, client: RedisClient, max_denied: int = MAX_DENIED) -> None:
        self._client = client
        self._max_denied = max_denied
        self._denied: OrderedDict[str, float] = OrderedDict()

    async def hit(self, limit: RateLimit, client: str) -> Decision | None:
        key = f"{project.SLUG}:rate-limit:{limit.name}:{client}"
        sent_at = monotonic()
        wait = self._denied.get(key, sent_at) - sent_at
        if wait > 0:
            return Decision(allowed=False, remaining=0, reset=wait)
        values = (limit.requests, limit.window_seconds * 1000)
        reply = await self._client.run_script(HIT, _SHA, [key], values)
        if reply is None:
            return None
        allowed, remaining, reset = reply
        decision = Decision(bool(allowed), remaining, reset / 1000)
        if not decision.allowed:
            self._remember(key, sent_at + decision.reset)
        return decision

    def _remember(self, key: str, until: float) -> None:
        self._denied[key] = until
        self._denied.move_to_end(key)
        if len(self._denied) > self._max_denied:
            self._denied.popitem(last=False)
