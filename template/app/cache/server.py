"""The connection to Redis: the only module that imports the library, if there is a URL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from loguru import logger
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ClosedError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from app.cache import metrics
from app.cache.breaker import Breaker
from app.cache.client import RedisClient, ResultT
from app.core.errors import DegradedError
from app.core.metrics.gauges import Reading
from app.core.settings import project

BREAKER_SECONDS = 2.0
# A command takes less than a millisecond, opening a connection several.
MAX_CONNECTIONS = 20
# What limits and the cache need: a script, and room to write.
TRIAL = "redis.call('SET', KEYS[1], '', 'PX', 1000)"
TRIAL_KEY = f"{project.SLUG}:trial"


class ConnectedClient(RedisClient):
    has_server = True

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._breaker = Breaker(BREAKER_SECONDS)
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)

    async def execute(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
        async with self._slots:
            # Only now: a caller that waited profits from what those before found out.
            if not self._breaker.allows():
                metrics.commands_lost.labels("skipped").inc()
                return None
            return await self._try(command)

    async def _try(self, command: Callable[[Redis], Awaitable[ResultT]]) -> ResultT | None:
        try:
            result = await command(self._redis)
        except (RedisError, OSError) as exc:
            self._breaker.failed()
            metrics.commands_lost.labels("failed").inc()
            logger.bind(error=type(exc).__name__).warning(
                "redis is unavailable, going on without it"
            )
            return None
        self._breaker.succeeded()
        return result

    async def run_script(
        self, script: str, sha: str, keys: Sequence[str], values: Sequence[int]
    ) -> list[int] | None:
        async def run(redis: Redis) -> list[int]:
            try:
                reply: list[int] = await redis.evalsha(sha, len(keys), *keys, *values)
            except NoScriptError:
                # Redis forgets scripts when it restarts; EVAL loads it again.
                reply = await redis.eval(script, len(keys), *keys, *values)
            return reply

        return await self.execute(run)

    def readings(self) -> list[Reading]:
        return [Reading(metrics.breaker_open, lambda: self._breaker.is_open)]

    async def ping(self) -> None:
        await self._redis.ping()
        try:
            await self._redis.eval(TRIAL, 1, TRIAL_KEY)
        except ResponseError as exc:
            raise DegradedError(f"it responds, and refuses: {type(exc).__name__}") from exc


@asynccontextmanager
async def open_server(url: str, timeout_seconds: float) -> AsyncIterator[RedisClient]:
    """Opens the client. The library's own defaults wait a minute for a server that hangs."""
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
        yield ConnectedClient(redis)
