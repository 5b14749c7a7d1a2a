"""Request metrics, named as prometheus-fastapi-instrumentator names them, which shows them.

Its own middleware matches the routes a second time for its labels.
"""

from functools import lru_cache
from time import perf_counter

from prometheus_client import Counter, Histogram, Summary

from app.core.http.probes import is_from_platform
from app.core.metrics.series import (
    request_durations,
    request_sizes,
    requests,
    response_sizes,
)
from app.middleware.exchange import Exchange
from app.middleware.head_limits import METHODS


def count_request(exchange: Exchange) -> None:
    """Leaves out probes, and methods that no route has: a client invents them, each a new series."""
    method = exchange.method
    if method not in METHODS or is_from_platform(method, exchange.path):
        return
    request_count, received, sent, durations = _series(
        method, exchange.status or 500, exchange.route or "none"
    )
    request_count.inc()
    received.observe(exchange.declared_length or 0)
    sent.observe(exchange.bytes_sent)
    durations.observe(perf_counter() - exchange.started)


# The labels are methods, statuses and routes: there are only so many.
@lru_cache(maxsize=4096)
def _series(method: str, status: int, handler: str) -> tuple[Counter, Summary, Summary, Histogram]:
    return (
        requests.labels(method, status, handler),
        request_sizes.labels(handler),
        response_sizes.labels(handler),
        request_durations.labels(method, handler),
    )
