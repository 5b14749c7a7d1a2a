import asyncio
import re
from collections.abc import Mapping
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError, BadRequestError

# What is left of the body would be taken for the next request.
_CLOSE = {"Connection": "close"}
_LENGTH = re.compile(r"[0-9]{1,18}")


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

    What arrives is counted, since Content-Length may be wrong or missing. The framework has a limit
    of its own, for single routes; it waits for ever and answers in plain text.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout_seconds: float) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        if _declared_length(scope) > self._max_bytes:
            raise ContentTooLargeError(f"A body has at most {self._max_bytes} bytes")
        body = _Body(receive, self._max_bytes, self._timeout_seconds)

        async def send_unless_refused(message: Message) -> None:
            if body.refusal is None:
                await send(message)

        try:
            await self.app(scope, body.receive, send_unless_refused)
        finally:
            # The framework takes any error while it reads for a body that cannot be parsed.
            if body.refusal is not None:
                raise body.refusal


class _Body:
    """A body on its way in; `refusal` is set when it takes too much room or time."""

    def __init__(self, receive: Receive, max_bytes: int, timeout_seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._bytes_left = max_bytes
        self._seconds_left = timeout_seconds
        self._is_complete = False
        self.refusal: AppError | None = None

    async def receive(self) -> Message:
        if self.refusal is not None:
            raise self.refusal
        # Then it is the end of the connection that is waited for.
        if self._is_complete:
            return await self._receive()

        message = await self._wait()
        self._bytes_left -= len(message.get("body", b""))
        if self._bytes_left < 0:
            self.refusal = ContentTooLargeError(f"A body has at most {self._max_bytes} bytes")
            raise self.refusal
        self._is_complete = not message.get("more_body", False)
        return message

    async def _wait(self) -> Message:
        started = monotonic()
        try:
            async with asyncio.timeout(self._seconds_left):
                return await self._receive()
        except TimeoutError:
            self.refusal = RequestTimeoutError("The body did not arrive in time")
            raise self.refusal from None
        finally:
            # The time that the service itself takes in between is not the client's.
            self._seconds_left -= monotonic() - started


def _declared_length(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    if not _LENGTH.fullmatch(declared):
        raise BadRequestError("Content-Length is not a number")
    return int(declared)
