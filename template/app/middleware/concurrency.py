from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import ServiceUnavailableError
from app.core.http.probes import is_from_platform
from app.middleware.state import get_exchange


class ConcurrencyMiddleware:
    """Refuses what comes while too many requests are in progress in this process.

    Each takes memory and waits its turn, and in the end all of them would time out.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self._limit = limit
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A websocket lasts, and does nothing most of the time.
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._in_progress >= self._limit:
            exchange = get_exchange(scope)
            if not is_from_platform(exchange.method, exchange.path):
                raise ServiceUnavailableError("Too many requests are in progress: try again")
        self._in_progress += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_progress -= 1
