"""What the service keeps in Redis. Without an answer from there it works on, only slower."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from loguru import logger
from pydantic import BaseModel, ValidationError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.cache.breaker import Breaker

# The library's own defaults wait a minute for a server that hangs.
TIMEOUT_SECONDS = 0.2
BREAKER_SECONDS = 2.0
MAX_CONNECTIONS = 50

ModelT = TypeVar("ModelT", bound=BaseModel)
ResultT = TypeVar("ResultT")


class Cache:
    """A read-through cache. Every failure of Redis is a miss; without a URL each read is one."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._breaker = Breaker(BREAKER_SECONDS)

    async def read_through(
        self, key: str, ttl_seconds: int, model: type[ModelT], load: Callable[[], Awaitable[ModelT]]
    ) -> ModelT:
        """Returns what is stored under the key, else what `load` returns, and stores that."""
        stored = await self._ask(lambda redis: redis.get(key))
        if stored is not None:
            try:
                return model.model_validate_json(stored)
            except ValidationError:
                logger.bind(key=key).warning("cache entry of another form, loaded anew")
        value = await load()
        await self._ask(lambda redis: redis.set(key, value.model_dump_json(), ex=ttl_seconds))
        return value

    async def ping(self) -> None:
        """Raises what the client raises when Redis does not answer."""
        if self._redis is not None:
            await self._redis.ping()

    async def _ask(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
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


@asynccontextmanager
async def open_cache(url: str | None) -> AsyncIterator[Cache]:
    if url is None:
        yield Cache(None)
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
        yield Cache(redis)
