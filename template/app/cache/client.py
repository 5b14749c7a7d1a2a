"""The connection to Redis. Without an answer from there the service works on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from loguru import logger
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ClosedError
from redis.exceptions import RedisError

from app.cache.breaker import Breaker

BREAKER_SECONDS = 2.0
# A question takes less than a millisecond, opening a connection several.
MAX_CONNECTIONS = 20

ResultT = TypeVar("ResultT")


class RedisClient:
    """Asks Redis, and says so when there is no answer; without a URL there never is one."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._breaker = Breaker(BREAKER_SECONDS)
        self._turns = asyncio.Semaphore(MAX_CONNECTIONS)

    @property
    def has_server(self) -> bool:
        """Whether there is one to answer."""
        return self._redis is not None

    async def ask(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
        """Returns the answer, or None when Redis is away or was found to be a moment ago.

        To tell the two apart, ask for what never is None.
        """
        if self._redis is None:
            return None
        async with self._turns:
            # Only now: whoever had to wait profits from what those before found out.
            if not self._breaker.allows():
                return None
            return await self._try(command, self._redis)

    async def _try(
        self, command: Callable[[Redis], Awaitable[ResultT]], redis: Redis
    ) -> ResultT | None:
        try:
            result = await command(redis)
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
async def open_client(url: str | None, timeout_seconds: float) -> AsyncIterator[RedisClient]:
    """Opens it. The library's own defaults wait a minute for a server that hangs."""
    if url is None:
        yield RedisClient(None)
        return
    pool = BlockingConnectionPool.from_url(
        url,
        timeout=timeout_seconds,
        max_connections=MAX_CONNECTIONS,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # Once: a connection that Redis closed when it restarted is not an error yet. One that does
        # not answer is, and is not waited for twice.
        retry=Retry(NoBackoff(), 1, (ClosedError,)),
    )
    async with Redis.from_pool(pool) as redis:
        yield RedisClient(redis)
