from contextlib import suppress

from loguru import logger
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from app.core.errors import AppError
from app.middleware.exchange import Exchange
from app.middleware.problems import error_response
from app.middleware.state import get_edge_state, get_exchange

# RFC 6455, section 7.4.1.
INTERNAL_ERROR = 1011


class CatchAllMiddleware:
    """Turns an unhandled exception into a problem.

    Starlette's own handler of 500 sits outside all middleware: its responses would carry neither the
    request id nor the security headers, and the error would be logged twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        exchange = get_exchange(scope)
        # No variable here holds the error: its traceback holds this frame, and the garbage collector would
        # have to find the two.
        try:
            await self.app(scope, receive, send)
        except WebSocketDisconnect:
            return
        except Exception as exc:  # noqa: BLE001 - this is where everything ends
            await _respond(exchange, exchange.refusal or exc, scope, receive, send)
        else:
            if exchange.refusal is not None:
                await _respond(exchange, exchange.refusal, scope, receive, send)


def log_unhandled(scope: Scope, error: Exception) -> None:
    principal = get_edge_state(scope).get("principal")
    place = {"route": get_exchange(scope).route, "tenant": principal and principal.tenant_id}
    logger.opt(exception=error).bind(**place).error("unhandled error")


async def _respond(
    exchange: Exchange, error: Exception, scope: Scope, receive: Receive, send: Send
) -> None:
    """Sends the problem that becomes of the error, as far as the response has not begun."""
    # It is the original error of a body, whatever the framework has made of it; from here on responses pass.
    exchange.refusal = None
    if isinstance(error, AppError):
        problem = error
        # In its traceback may be a frame of the framework's that holds it.
        error.__traceback__ = None
        exchange.is_refused = exchange.route is None
    else:
        log_unhandled(scope, error)
        problem = AppError("The error is logged under this request id")
    if exchange.status is None:
        await error_response(problem)(scope, receive, send)
    elif scope["type"] == "websocket":
        # It may be closed already, which servers take for a fault.
        with suppress(RuntimeError):
            await send({"type": "websocket.close", "code": INTERNAL_ERROR})
    else:
        # After the first byte there is no telling the client but by breaking off.
        raise error
