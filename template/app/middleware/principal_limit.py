"""The second count of a request, once its caller is known."""

from starlette.types import Scope

from app.core.principal import USER, Principal
from app.middleware.rate_limit import RateLimitExceededError, show
from app.middleware.rejections import report_rejection
from app.middleware.state import get_edge_state


async def count_by_principal(scope: Scope, principal: Principal) -> None:
    """Counts the requests of a caller whose credentials only an authenticator could verify.

    Before that they count by address, or made-up credentials would each have a limit of their own.

    Raises:
        RateLimitExceededError: the caller has sent too many requests.
    """
    state = get_edge_state(scope)
    limit = state.get("rate_limit")
    if principal.kind == USER or limit is None:
        return
    decision = await state["limiter"].hit(limit, f"{principal.kind}:{principal.id}")
    if decision is None:
        return
    exchange = state["exchange"]
    show(exchange, limit, decision)
    if not decision.allowed:
        report_rejection(exchange, limit, exchange.route)
        raise RateLimitExceededError("Too many requests", retry_after=decision.reset)
