from time import perf_counter

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.state import get_edge_state

# The server takes paths of 64 KiB, which HeadLimitsMiddleware refuses and a log should not hold.
MAX_PATH = 1000

_log = logger.bind(event="access")


class AccessLogMiddleware:
    """Writes one line per request, when the last byte of the answer is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = perf_counter()
        status: int | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            principal = get_edge_state(scope).get("principal")
            _log.bind(
                method=scope["method"],
                path=scope["path"][:MAX_PATH],
                route=route_template(scope),
                status=status,
                duration_ms=round((perf_counter() - started) * 1000, 2),
                client=scope["client"][0] if scope.get("client") else None,
                user=principal and principal.id,
                credentials=principal and principal.kind,
                tenant=principal and principal.tenant_id,
            ).info("request")


def route_template(scope: Scope) -> str | None:
    """Returns the path as it was declared, prefixes included; None when no route matched."""
    # FastAPI leaves the route without the prefixes of its routers in scope["route"].
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(route, "path", None)
