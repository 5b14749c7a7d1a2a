from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import ForbiddenError


class WebsocketsMiddleware:
    """Refuses the handshakes of websockets unless the service serves them, whatever server runs it."""

    def __init__(self, app: ASGIApp, *, enabled: bool) -> None:
        self.app = app
        self._enabled = enabled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self._enabled:
            raise ForbiddenError("This service serves no websockets: set WEBSOCKETS_ENABLED")
        await self.app(scope, receive, send)
