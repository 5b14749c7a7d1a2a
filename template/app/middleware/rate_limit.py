from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import TooManyRequestsError
from app.core.limits.decisions import count_decision
from app.core.limits.limiter import Decision, RateLimit
from app.core.limits.rate_limits import RateLimits
from app.middleware.exchange import Exchange, RawHeaders
from app.middleware.rejections import report_rejection
from app.middleware.state import get_credentials, get_edge_state, get_exchange

POLICY, BUDGET = b"ratelimit-policy", b"ratelimit"


class RateLimitExceededError(TooManyRequestsError):
    code = "rate_limit_exceeded"


class RateLimitMiddleware:
    """Refuses the requests of a client who sends too many, before they cost anything.

    A client is the user of a valid token, in whichever tenant, and else an address. Routes that take no
    token count by address alone.
    """

    def __init__(self, app: ASGIApp, *, limits: RateLimits) -> None:
        self.app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            exchange = get_exchange(scope)
            limit = self._limits.find(exchange.method, exchange.path)
            if limit is not None:
                await self._count(exchange, limit)
        await self.app(scope, receive, send)

    async def _count(self, exchange: Exchange, limit: RateLimit) -> None:
        """Raises RateLimitExceededError for a request too many."""
        state = get_edge_state(exchange.scope)
        state["rate_limit"] = limit
        decision = await state["limiter"].hit(limit, self._client_of(exchange))
        count_decision(limit, decision)
        if decision is None:
            return
        show(exchange, limit, decision)
        if not decision.allowed:
            route = exchange.scope["app"].table.find_template(exchange.method, exchange.path)
            report_rejection(exchange, limit, route)
            raise RateLimitExceededError("Too many requests", retry_after=decision.reset)

    def _client_of(self, exchange: Exchange) -> str:
        if not self._limits.counts_by_address(exchange.method, exchange.path):
            claims = get_credentials(exchange.scope).claims
            if claims is not None:
                return f"user:{claims.user_id}"
        return f"address:{exchange.address}"


def show(exchange: Exchange, limit: RateLimit, decision: Decision) -> None:
    """Leaves the fields of the Internet-Draft "RateLimit header fields for HTTP".

    Of two counts of one request the client is shown the one that is nearer to refusing.
    """
    state = get_edge_state(exchange.scope)
    shown = state.get("decision")
    if shown is not None and shown.remaining < decision.remaining:
        return
    state["decision"] = decision
    others = [pair for pair in exchange.fields if pair[0] not in (POLICY, BUDGET)]
    exchange.fields = [*others, *_fields(limit, decision)]


def _fields(limit: RateLimit, decision: Decision) -> RawHeaders:
    policy = f'"{limit.name}";q={limit.requests};w={limit.window_seconds}'
    budget = f'"{limit.name}";r={decision.remaining};t={max(1, ceil(decision.reset))}'
    return [(POLICY, policy.encode()), (BUDGET, budget.encode())]
