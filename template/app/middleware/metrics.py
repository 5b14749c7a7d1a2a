"""Request metrics by prometheus-fastapi-instrumentator, which /metrics shows."""

from prometheus_fastapi_instrumentator import metrics
from prometheus_fastapi_instrumentator.middleware import PrometheusInstrumentatorMiddleware
from starlette.middleware import Middleware

from app.middleware.head_limits import METHODS

# Made once: a second application in one process would find the names taken and count nothing.
_requests = metrics.default()


def metrics_middleware() -> Middleware:
    if _requests is None:
        raise RuntimeError("something else registered the request metrics before the service did")
    return Middleware(
        PrometheusInstrumentatorMiddleware,
        instrumentations=[_count],
        should_group_status_codes=False,
        excluded_handlers=["^/metrics$", "^/health(/live|/ready)?$"],
    )


def _count(info: metrics.Info) -> None:
    """Leaves out what no route can answer: a client may invent methods, each a new time series."""
    if _requests is not None and info.method in METHODS:
        _requests(info)
