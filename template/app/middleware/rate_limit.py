from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import TooManyRequestsError
from app.core.http.context import client_address
from app.core.limits.limiter import Decision, RateLimit
from app.core.limits.rate_limits import RateLimits
from app.middleware.problems import error_response
from app.middleware.rejections import report_rejection
from app.middleware.state import get_credentials, get_edge_state


class RateLimitExceededError(TooManyRequestsError):
    code = "rate_limit_exceeded"


class RateLimitMiddleware:
    """Refuses the requests of a client who asks too often, before they cost anything.

    A client is the user of a valid token, in whichever tenant, and else an address. Routes that take no
    token count by address alone.
    """

    def __init__(self, app: ASGIApp, *, limits: RateLimits) -> None:
        self.app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = _path_of(scope)
        limit = self._limits.find(scope["method"], path)
        if limit is None:
            await self.app(scope, receive, send)
            return

        by_address = self._limits.counts_by_address(scope["method"], path)
        client = _client_of(scope, by_address=by_address)
        state = get_edge_state(scope)
        state["rate_limit"] = limit
        decision = await state["limiter"].hit(limit, client)
        if decision is None:
            await self.app(scope, receive, send)
            return

        fields = _fields(limit, decision)

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields)
            await send(message)

        if decision.allowed:
            await self.app(scope, receive, send_with_fields)
            return
        report_rejection(scope, limit)
        error = RateLimitExceededError("Too many requests", retry_after=decision.reset)
        await error_response(error)(scope, receive, send_with_fields)


def _path_of(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _client_of(scope: Scope, *, by_address: bool) -> str:
    claims = None if by_address else get_credentials(scope).claims
    if claims is not None:
        return f"user:{claims.user_id}"
    return f"address:{client_address.get()}"


def _fields(limit: RateLimit, decision: Decision) -> dict[str, str]:
    """The fields of the Internet-Draft "RateLimit header fields for HTTP"."""
    return {
        "RateLimit-Policy": f'"{limit.name}";q={limit.requests};w={limit.window_seconds}',
        "RateLimit": f'"{limit.name}";r={decision.remaining};t={max(1, ceil(decision.reset))}',
    }
