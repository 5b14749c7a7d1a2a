"""The connection to Redis. Without an answer from there the service works on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from loguru import logger
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.cache.breaker import Breaker

# The library's own defaults wait a minute for a server that hangs.
TIMEOUT_SECONDS = 0.2
BREAKER_SECONDS = 2.0
MAX_CONNECTIONS = 50

ResultT = TypeVar("ResultT")


class RedisClient:
    """Asks Redis, and says so when there is no answer; without a URL there never is one."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._breaker = Breaker(BREAKER_SECONDS)

    async def ask(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
        """Returns the answer, or None when Redis is away or was found to be a moment ago."""
        if self._redis is None or not self._breaker.allows():
            return None
        try:
            result = await command(self._redis)
        except (RedisError, OSError) as exc:
            self._breaker.failed()
            logger.bind(error=type(exc).__name__).warning("redis does not answer, going on without")
            return None
        self._breaker.succeeded()
        return result

    async def ping(self) -> None:
        """Raises what the client raises when Redis does not answer."""
        if self._redis is not None:
            await self._redis.ping()


@asynccontextmanager
async def open_client(url: str | None) -> AsyncIterator[RedisClient]:
    if url is None:
        yield RedisClient(None)
        return
    pool = BlockingConnectionPool.from_url(
        url,
        timeout=TIMEOUT_SECONDS,
        max_connections=MAX_CONNECTIONS,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        # Once: a connection that Redis closed when it restarted is not an error yet.
        retry=Retry(NoBackoff(), 1),
    )
    async with Redis.from_pool(pool) as redis:
        yield RedisClient(redis)
