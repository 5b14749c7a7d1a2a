"""Of those who want the same at the same time, one fetches it for all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

# How often a caller waits for others before it fetches for itself. Where every attempt fails, after
# some seconds each, the last caller would otherwise wait for all of them in turn.
MAX_WAITS = 2


class SingleFlight:
    """The fetches of this process that are under way, by key."""

    def __init__(self) -> None:
        self._single_flight: dict[Hashable, asyncio.Future[Any]] = {}
        self.completed = 0  # how many have ended well, whatever their keys

    async def share(self, key: Hashable, fetch: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Returns what `fetch` does, or what the fetch of another caller under this key does.

        Each caller fetches in its own task, if at all: nobody is given another's error or
        cancellation, and one of those who waited then takes its place.
        """
        for _ in range(MAX_WAITS):
            ahead = self._single_flight.get(key)
            if ahead is None:
                break
            await asyncio.wait([ahead])
            if not ahead.cancelled():
                result: ResultT = ahead.result()
                return result
        return await self._lead(key, fetch)

    def forget(self, key: Hashable) -> None:
        """Lets nobody join the fetch that is under way; those who wait for it still do."""
        self._single_flight.pop(key, None)

    async def _lead(self, key: Hashable, fetch: Callable[[], Awaitable[ResultT]]) -> ResultT:
        own = asyncio.get_running_loop().create_future()
        self._single_flight[key] = own
        try:
            result = await fetch()
            own.set_result(result)
            self.completed += 1
        finally:
            own.cancel()  # does nothing to one that has its result
            if self._single_flight.get(key) is own:
                del self._single_flight[key]
        return result
