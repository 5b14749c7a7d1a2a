"""What is recorded about requests that were refused because there are too many."""

from loguru import logger

from app.core.limits.limiter import RateLimit
from app.core.limits.sampler import Sampler
from app.core.metrics.series import rate_limit_rejections
from app.middleware.exchange import Exchange
from app.middleware.state import get_credentials, get_edge_state

# A flood is in the metrics. Its lines would only push those of others out of the log.
LINES_PER_SECOND = 10

_lines = Sampler(LINES_PER_SECOND)


def report_rejection(exchange: Exchange, limit: RateLimit, route: str | None) -> None:
    """Counts each one, and logs some of them with the number of those left out before it."""
    route = route or "none"
    rate_limit_rejections.labels(limit.name, route).inc()
    left_out = _lines.take()
    if left_out is None:
        return
    principal = get_edge_state(exchange.scope).get("principal")
    claims = get_credentials(exchange.scope).claims
    caller = principal or claims
    logger.bind(
        event="rate_limit",
        policy=limit.name,
        route=route,
        tenant=caller and caller.tenant_id,
        user=principal.id if principal else claims and claims.user_id,
        client=exchange.address,
        left_out=left_out,
    ).warning("request refused, there are too many")
