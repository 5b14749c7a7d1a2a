import re

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import checkpoint
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import BadRequestError, UnsupportedMediaTypeError
from app.core.http.strict_json import check_json, is_json
from app.core.limits.body_limit import BodyLimits, JSONLimits
from app.middleware.body_limits import ContentTooLargeError
from app.middleware.exchange import Exchange
from app.middleware.head_limits import MalformedTextError
from app.middleware.state import get_exchange

_CHARSET = re.compile(r"charset\*?\s*=\s*[\"']?([^\"';\s]*)", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"
# Checking more takes milliseconds, which other requests would wait for.
MAX_BYTES_IN_LOOP = 16_384
MAX_PIECE_BYTES = 65_536


class MalformedJSONError(BadRequestError):
    code = "malformed_json"


class WellFormedMiddleware:
    """Refuses text that two readers take for two things, or that no database holds.

    It stands before every route, the team's included, so that no route has to check this. A body is
    checked when a route reads it, after routing and limits; one that takes it raw gets it unchecked.
    """

    def __init__(self, app: ASGIApp, *, limits: BodyLimits) -> None:
        self.app = app
        self._limits = limits
        # One at a time: threads that compute take turns with the loop.
        self._threads = CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (exchange := get_exchange(scope)).may_have_body:
            content_type = exchange.text(b"content-type")
            media_type = content_type.partition(";")[0].strip().lower()
            if is_json(content_type):
                limits = self._limits.find_json(exchange.path)
                receive = _JSON(exchange, receive, limits, self._threads).receive
            elif media_type in (_FORM, _PARTS):
                receive = _Form(exchange, receive, is_encoded=media_type == _FORM).receive
        await self.app(scope, receive, send)


class _JSON:
    """JSON on its way in: read to its end, checked, and passed on whole."""

    def __init__(
        self, exchange: Exchange, receive: Receive, limits: JSONLimits, threads: CapacityLimiter
    ) -> None:
        self._exchange = exchange
        self._receive = receive
        self._limits = limits
        self._threads = threads
        self._is_read = False

    async def receive(self) -> Message:
        if self._is_read or self._exchange.takes_raw_body:
            return await self._receive()
        self._is_read = True
        _check_charset(self._exchange)
        if (self._exchange.declared_length or 0) > self._limits.max_bytes:
            self._refuse_size()
        body = bytearray()
        message: Message = {"more_body": True}
        while message.get("more_body", False):
            message = await self._receive()
            body += message.get("body", b"")
            if len(body) > self._limits.max_bytes:
                self._refuse_size()
        # Else the client is gone, which the route has to learn.
        if message["type"] == "http.request":
            message = {"type": "http.request", "body": bytes(body), "more_body": False}
            await self._check(message["body"])
        return message

    async def _check(self, body: bytes) -> None:
        try:
            if len(body) > MAX_BYTES_IN_LOOP:
                await to_thread.run_sync(check_json, body, self._limits, limiter=self._threads)
            elif body:
                check_json(body, self._limits)
        except ValueError as exc:
            self._exchange.refuse(MalformedJSONError(f"The body is not valid JSON: {exc}"))

    def _refuse_size(self) -> None:
        limit = self._limits.max_bytes
        self._exchange.refuse(ContentTooLargeError(f"JSON has at most {limit} bytes"))


class _Form:
    """A form on its way in, checked and passed on in pieces: files are streamed."""

    def __init__(self, exchange: Exchange, receive: Receive, *, is_encoded: bool) -> None:
        self._exchange = exchange
        self._receive = receive
        self._is_encoded = is_encoded
        self._message: Message | None = None
        self._rest = b""
        self._end = b""

    async def receive(self) -> Message:
        if self._exchange.takes_raw_body:
            return await self._receive()
        if self._message is None:
            _check_charset(self._exchange)
        if self._message is None or not self._rest:
            self._message = await self._receive()
            self._check(self._message.get("body", b""))
        else:
            # The parser of forms computes without a pause; others have a turn between two pieces.
            await checkpoint()
        if self._message["type"] != "http.request":
            return self._message
        piece, self._rest = self._rest[:MAX_PIECE_BYTES], self._rest[MAX_PIECE_BYTES:]
        more_body = bool(self._rest) or self._message.get("more_body", False)
        return {"type": "http.request", "body": piece, "more_body": more_body}

    def _check(self, body: bytes) -> None:
        # "%00" may come in two messages.
        text = self._end + body
        if self._is_encoded and (b"%00" in text or b"\0" in text):
            self._exchange.refuse(MalformedTextError("A field has a NUL character"))
        self._end, self._rest = text[-2:], body


def _check_charset(exchange: Exchange) -> None:
    names = _CHARSET.findall(exchange.text(b"content-type"))
    if any(name.lower() != "utf-8" for name in names):
        exchange.refuse(UnsupportedMediaTypeError("Send text in UTF-8"))
