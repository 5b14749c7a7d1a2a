"""The connection to Redis. The service goes on working without it."""

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
# A command takes less than a millisecond, opening a connection several.
MAX_CONNECTIONS = 20

ResultT = TypeVar("ResultT")


class RedisClient:
    """Runs commands; without a URL, or while Redis is away, they return None."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._breaker = Breaker(BREAKER_SECONDS)
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)

    @property
    def has_server(self) -> bool:
        """Whether a URL is configured."""
        return self._redis is not None

    async def execute(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
        """Returns the reply, or None when Redis is away or was found to be a moment ago.

        To tell the two apart, use a command whose reply is never None.
        """
        if self._redis is None:
            return None
        async with self._slots:
            # Only now: a caller that waited profits from what those before found out.
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
            logger.bind(error=type(exc).__name__).warning(
                "redis is unavailable, going on without it"
            )
            return None
        self._breaker.succeeded()
        return result

    async def ping(self) -> None:
        """Raises what the client raises when Redis is unavailable."""
        if self._redis is not None:
            await self._redis.ping()


@asynccontextmanager
async def open_client(url: str | None, timeout_seconds: float) -> AsyncIterator[RedisClient]:
    """Opens the client. The library's own defaults wait a minute for a server that hangs."""
    if url is None:
        yield RedisClient(None)
        return
    pool = BlockingConnectionPool.from_url(
        url,
        timeout=timeout_seconds,
        max_connections=MAX_CONNECTIONS,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # Once: a connection that Redis closed when it restarted is not an error yet. A timeout is, and
        # is not waited for twice.
        retry=Retry(NoBackoff(), 1, (ClosedError,)),
    )
    async with Redis.from_pool(pool) as redis:
        yield RedisClient(redis)
