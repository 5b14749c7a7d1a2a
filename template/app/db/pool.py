"""A pool of connections that is fair: who has waited longest is served first."""

from asyncio import Semaphore, timeout
from time import monotonic
from typing import Any

from prometheus_client import Counter, Histogram
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_

waits = Histogram(
    "database_pool_wait_seconds",
    "How long requests waited for a connection, of those that had to.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
timeouts = Counter("database_pool_timeouts", "Requests that waited for a connection in vain.")


class FairPool(AsyncAdaptedQueuePool):
    """Lets in as many as there are connections, in the order in which they came.

    Without it, a returned connection goes to the next caller, and those who were told to
    wait for it queue again: under load some of them wait until they time out. The gate goes with
    the connection, so that a session that gives its connection back also gives up its place.
    """

    # As quiet as everything of the library: it would log each connection that comes and goes.
    _sqla_logger_namespace = "sqlalchemy.pool.FairPool"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = Semaphore(self.size())
        self.waiting = 0

    def _do_get(self) -> ConnectionPoolEntry:
        await_(self._enter())
        try:
            return super()._do_get()
        except BaseException:
            self._gate.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            self._gate.release()

    async def _enter(self) -> None:
        if not self._gate.locked():
            await self._gate.acquire()
            return
        started = monotonic()
        self.waiting += 1
        try:
            async with timeout(self.timeout()):
                await self._gate.acquire()
        except TimeoutError as exc:
            timeouts.inc()
            raise PoolTimeoutError("every connection is taken") from exc
        finally:
            self.waiting -= 1
            waits.observe(monotonic() - started)
