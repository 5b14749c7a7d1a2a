"""What is written down about requests that were refused because there are too many."""

from fastapi.routing import iter_route_contexts
from loguru import logger
from starlette.routing import Match
from starlette.types import Scope

from app.core.http.context import client_address
from app.core.limits.limiter import RateLimit
from app.core.limits.sampler import Sampler
from app.core.metrics import rate_limit_rejections
from app.middleware.state import get_credentials

# A flood is in the metrics. Its lines would only push those of others out of the log.
LINES_PER_SECOND = 10

_lines = Sampler(LINES_PER_SECOND)


def report_rejection(scope: Scope, limit: RateLimit) -> None:
    """Counts each one, and logs some of them with the number of those left out before it."""
    route = find_template(scope)
    rate_limit_rejections.labels(policy=limit.name, route=route).inc()
    left_out = _lines.take()
    if left_out is None:
        return
    claims = get_credentials(scope).claims
    logger.bind(
        event="rate_limit",
        policy=limit.name,
        route=route,
        tenant=claims and claims.tenant_id,
        user=claims and claims.user_id,
        client=client_address.get(),
        left_out=left_out,
    ).warning("request refused, there are too many")


def find_template(scope: Scope) -> str:
    """Returns the path of the route that would have answered, as it was declared; `none` without."""
    partial = "none"
    for route in iter_route_contexts(scope["app"].routes):
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return route.path or "none"
        if match is Match.PARTIAL and partial == "none":
            partial = route.path or "none"
    return partial
