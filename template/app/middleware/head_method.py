from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.state import get_exchange


class _ResponseOverError(Exception):
    """Ends a stream whose client has all that it gets."""


class HeadMethodMiddleware:
    """Serves HEAD as GET, without the body (RFC 9110, section 9.3.2).

    The response ends with its headers. A stream is stopped: it may have no end of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        # The server has to go on seeing HEAD in its own.
        scope = {**scope, "method": "GET"}
        get_exchange(scope).scope = scope

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif message.get("more_body", False):
                raise _ResponseOverError

        try:
            await self.app(scope, receive, send_head)
        except _ResponseOverError:
            return
