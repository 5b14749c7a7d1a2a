import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import BadRequestError, UnsupportedMediaTypeError
from app.core.http.strict_json import check_json, is_json
from app.middleware.head_limits import MalformedTextError

Check = Callable[[bytes], None]

_CHARSET = re.compile(r"charset\*?\s*=\s*[\"']?([^\"';\s]*)", re.IGNORECASE)


class MalformedJSONError(BadRequestError):
    code = "malformed_json"


class WellFormedMiddleware:
    """Refuses text that two readers take for two things, or that no database holds.

    It stands before every route, whoever wrote it, so that none has to think of this. JSON and forms
    are read whole, which the limit of a body bounds; everything else passes as it comes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        if check := _choose_check(Headers(scope=scope).get("content-type", "")):
            receive = await _read(receive, check)
        await self.app(scope, receive, send)


def _choose_check(content_type: str) -> Check | None:
    media_type = content_type.partition(";")[0].strip().lower()
    if is_json(content_type):
        check: Check | None = _check_json
    elif media_type == "application/x-www-form-urlencoded":
        check = _check_urlencoded
    elif media_type == "multipart/form-data":
        check = None
    else:
        return None
    if any(name.lower() != "utf-8" for name in _CHARSET.findall(content_type)):
        raise UnsupportedMediaTypeError("Text is taken in UTF-8 alone")
    return check


def _check_json(body: bytes) -> None:
    try:
        check_json(body)
    except ValueError as exc:
        raise MalformedJSONError(f"The body is not valid JSON: {exc}") from exc


def _check_urlencoded(text: bytes) -> None:
    if b"%00" in text or b"\0" in text:
        raise MalformedTextError("A parameter has a NUL character")


async def _read(receive: Receive, check: Check) -> Receive:
    """Reads the body to its end and checks it; returns what hands it on."""
    body = bytearray()
    message: Message = {"more_body": True}
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    # Else the client is gone, which the route has to learn.
    if message["type"] == "http.request":
        if body:
            check(bytes(body))
        message = {"type": "http.request", "body": bytes(body), "more_body": False}
    pending = [message]

    async def hand_on() -> Message:
        return pending.pop() if pending else await receive()

    return hand_on
