from time import perf_counter

from app.core.http.probes import is_from_platform
from app.core.limits.sampler import Sampler
from app.core.logging import write_info
from app.middleware.exchange import Exchange
from app.middleware.state import get_edge_state

# The server takes paths of 64 KiB, which HeadLimitsMiddleware refuses and a log should not hold.
MAX_PATH = 1000
# A flood of requests that the edge refuses is in the metrics, as that of rejections is.
REFUSALS_PER_SECOND = 10

_refusals = Sampler(REFUSALS_PER_SECOND)


def log_request(exchange: Exchange) -> None:
    """Writes one line per request, when the last byte of the response is sent.

    Probes and scrapes, several in a second, have one when they fail.
    """
    if _is_healthy_probe(exchange):
        return
    left_out = _refusals.take() if exchange.is_refused else 0
    if left_out is None:
        return
    scope = exchange.scope
    trace = exchange.trace
    principal = get_edge_state(scope).get("principal")
    line = {
        "event": "access",
        "request_id": exchange.request_id,
        "trace_id": trace and trace.trace_id,
        "span_id": trace and trace.span_id,
        "method": exchange.method,
        "path": scope["path"][:MAX_PATH],
        "route": exchange.route,
        "status": exchange.status,
        "duration_ms": int((perf_counter() - exchange.started) * 100_000) / 100,
        "bytes": exchange.bytes_sent,
        "client": scope["client"][0] if scope.get("client") else None,
        "user": principal and principal.id,
        "credentials": principal and principal.kind,
        "tenant": principal and principal.tenant_id,
    }
    if left_out:
        line["left_out"] = left_out
    write_info(__name__, "request", line)


def _is_healthy_probe(exchange: Exchange) -> bool:
    status = exchange.status
    is_success = status is not None and status < 400
    return is_success and is_from_platform(exchange.method, exchange.path)
