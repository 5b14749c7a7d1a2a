"""Gauges that are read now and then, so that what they show costs no request anything.

A collector would read them at each scrape. But the process that is scraped is not the one that knows
them, when several workers serve: each writes its own down, and Prometheus' client adds them up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import process_time
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

REFRESHED_SECONDS = 0.5

loop_lag = Histogram(
    "event_loop_lag_seconds",
    "How much later than it was due a timer ran: all requests of the process waited as long.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

# `process_cpu_seconds_total` is not there when several workers serve.
cpu_seconds = Counter("service_cpu_seconds", "CPU time of all processes that serve.")


class Reading(NamedTuple):
    gauge: Gauge
    read: Callable[[], float]


@asynccontextmanager
async def refreshed(readings: Sequence[Reading]) -> AsyncIterator[None]:
    """Keeps the gauges up to date until the block ends."""
    take(readings)
    task = asyncio.create_task(_refresh(readings))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def take(readings: Sequence[Reading]) -> None:
    for gauge, read in readings:
        gauge.set(read())


async def _refresh(readings: Sequence[Reading]) -> None:
    loop = asyncio.get_running_loop()
    used = 0.0
    while True:
        due = loop.time() + REFRESHED_SECONDS
        await asyncio.sleep(REFRESHED_SECONDS)
        loop_lag.observe(max(0.0, loop.time() - due))
        before, used = used, process_time()
        cpu_seconds.inc(used - before)
        take(readings)
