"""The state of the pool of connections; /metrics shows it."""

from typing import cast

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.metrics.gauges import Reading
from app.db.pool import FairPool

size = Gauge(
    "database_pool_size", "Connections that there may be at most.", multiprocess_mode="livesum"
)
in_use = Gauge("database_pool_in_use", "Connections in use.", multiprocess_mode="livesum")
waiting = Gauge(
    "database_pool_waiting", "Requests that wait for a connection.", multiprocess_mode="livesum"
)


def pool_readings(engine: AsyncEngine) -> list[Reading]:
    def pool() -> FairPool:
        return cast("FairPool", engine.pool)

    return [
        Reading(size, lambda: pool().size()),
        Reading(in_use, lambda: pool().checkedout()),
        Reading(waiting, lambda: pool().waiting),
    ]
