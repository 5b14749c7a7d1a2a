"""Concurrent callers with the same key share one fetch."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

# How often a caller waits for others before it fetches for itself. Where every attempt fails, after
# some seconds each, the last caller would otherwise wait for all of them.
MAX_WAITS = 2


class SingleFlight:
    """The fetches of this process that are in progress, by key."""

    def __init__(self) -> None:
        self._futures: dict[Hashable, asyncio.Future[Any]] = {}
        self.completed = 0  # the number of successful fetches, of all keys

    async def run(self, key: Hashable, fetch: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Returns the result of `fetch`, or of another caller's fetch with this key.

        Each caller fetches in its own task: no one receives another's error or cancellation, and one
        of those who waited then fetches instead.
        """
        for _ in range(MAX_WAITS):
            running = self._futures.get(key)
            if running is None:
                break
            await asyncio.wait([running])
            if not running.cancelled():
                result: ResultT = running.result()
                return result
        return await self._fetch(key, fetch)

    def forget(self, key: Hashable) -> None:
        """Keeps new callers from joining the fetch in progress."""
        self._futures.pop(key, None)

    async def _fetch(self, key: Hashable, fetch: Callable[[], Awaitable[ResultT]]) -> ResultT:
        own = asyncio.get_running_loop().create_future()
        self._futures[key] = own
        try:
            result = await fetch()
            own.set_result(result)
            self.completed += 1
        finally:
            own.cancel()  # does nothing to one that has its result
            if self._futures.get(key) is own:
                del self._futures[key]
        return result
