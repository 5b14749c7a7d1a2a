"""A clock for Redis and this process alike, which stands still until it is moved."""

from redis.asyncio import Redis

CLOCK = "clock"
ASK_TIME = "redis.call('TIME')"
READ_CLOCK = f"redis.call('LRANGE', '{CLOCK}', 0, 1)"


class Clock:
    def __init__(self, redis: Redis) -> None:
        self.now = 1_800_000_000.0
        self._redis = redis

    def __call__(self) -> float:
        return self.now

    async def advance(self, seconds: float) -> None:
        """Lets time pass; an eighth of a second is exact on both."""
        self.now += seconds
        whole = int(self.now)
        parts = (whole, int((self.now - whole) * 1_000_000))
        await self._redis.delete(CLOCK)
        await self._redis.rpush(CLOCK, *map(str, parts))
