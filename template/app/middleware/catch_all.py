from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError
from app.middleware.problems import error_response


class CatchAllMiddleware:
    """Turns what nobody caught into a problem.

    Starlette's own handler of 500 sits outside all middleware: its answers would carry neither the
    request id nor the security headers, and the error would be logged twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except AppError as exc:
            if started:
                raise
            await error_response(exc)(scope, receive, send)
        except Exception:
            logger.exception("unhandled error")
            # After the first byte there is no telling the client but by breaking off.
            if started:
                raise
            await error_response(AppError("The error is logged under this request id"))(
                scope, receive, send
            )
