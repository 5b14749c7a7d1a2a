import asyncio
from collections.abc import Mapping
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError
from app.core.limits.body_limit import BodyLimits
from app.middleware.exchange import Exchange
from app.middleware.state import get_exchange

# What is left of the body would be taken for the next request.
_CLOSE = {"Connection": "close"}


class ContentTooLargeError(AppError):
    status = 413
    title = "Content too large"
    code = "content_too_large"
    headers: Mapping[str, str] = _CLOSE


class RequestTimeoutError(AppError):
    status = 408
    title = "Request timeout"
    code = "request_timeout"
    headers: Mapping[str, str] = _CLOSE


class BodyLimitsMiddleware:
    """Bounds how much of a body is read, and how long the service waits for it.

    Nothing is done until a route reads it. What arrives is counted, since Content-Length may be wrong
    or missing.
    """

    def __init__(self, app: ASGIApp, *, limits: BodyLimits, timeout_seconds: float) -> None:
        self.app = app
        self._limits = limits
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (exchange := get_exchange(scope)).may_have_body:
            max_bytes = self._limits.find_max_bytes(exchange.path)
            receive = _Body(exchange, receive, max_bytes, self._timeout_seconds).receive
        await self.app(scope, receive, send)


class _Body:
    """A body on its way in, refused when it takes too much room or time."""

    def __init__(
        self, exchange: Exchange, receive: Receive, max_bytes: int, timeout_seconds: float
    ) -> None:
        self._exchange = exchange
        self._receive = receive
        self._max_bytes = max_bytes
        self._bytes_left = max_bytes
        self._seconds_left = timeout_seconds
        self._is_complete = False

    async def receive(self) -> Message:
        if self._exchange.refusal is not None:
            raise self._exchange.refusal
        # Then it is the end of the connection that is waited for.
        if self._is_complete:
            return await self._receive()

        if (self._exchange.declared_length or 0) > self._max_bytes:
            self._refuse_size()
        message = await self._wait()
        self._bytes_left -= len(message.get("body", b""))
        if self._bytes_left < 0:
            self._refuse_size()
        self._is_complete = not message.get("more_body", False)
        return message

    async def _wait(self) -> Message:
        started = monotonic()
        try:
            async with asyncio.timeout(self._seconds_left):
                return await self._receive()
        except TimeoutError:
            self._exchange.refuse(RequestTimeoutError("The body did not arrive in time"))
        finally:
            # The time that the service itself takes in between is not the client's.
            self._seconds_left -= monotonic() - started

    def _refuse_size(self) -> None:
        self._exchange.refuse(ContentTooLargeError(f"A body has at most {self._max_bytes} bytes"))
