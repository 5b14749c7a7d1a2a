"""Commands for Redis. The service goes on working without it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from app.core.metrics.gauges import Reading

if TYPE_CHECKING:
    from redis.asyncio import Redis

ResultT = TypeVar("ResultT")


class RedisClient:
    """Runs commands; without a URL, or while Redis is away, they return None. This one has no URL."""

    # Whether a URL is configured.
    has_server = False

    async def execute(self, command: "Callable[[Redis], Awaitable[ResultT]]") -> ResultT | None:
        """Returns the reply, or None when Redis is away or was found to be a moment ago.

        To tell the two apart, use a command whose reply is never None.
        """
        return None

    async def run_script(
        self, script: str, sha: str, keys: Sequence[str], values: Sequence[int]
    ) -> list[int] | None:
        """Returns the reply of a script, which is sent once and then named by its hash."""
        return None

    def readings(self) -> list[Reading]:
        """Returns what /metrics shows of its state."""
        return []

    async def ping(self) -> None:
        """Raises what the library raises when Redis is unavailable."""


@asynccontextmanager
async def open_client(url: str | None, timeout_seconds: float) -> AsyncIterator[RedisClient]:
    if url is None:
        yield RedisClient()
        return
    # The library takes 15 MiB, which a service without Redis does not pay.
    from app.cache.server import open_server  # noqa: PLC0415

    async with open_server(url, timeout_seconds) as client:
        yield client
