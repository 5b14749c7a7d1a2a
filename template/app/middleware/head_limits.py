import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import AppError, BadRequestError
from app.middleware.exchange import Exchange
from app.middleware.state import get_exchange

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# The server's parser takes any number of headers, and of any length.
MAX_HEADERS = 100
MAX_TARGET_BYTES = 8_192
# Unicode's control characters: in a path as it was decoded, and in a query as it was encoded.
_IN_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_IN_QUERY = re.compile(rb"[\x00-\x1f\x7f]|%(?:[01][0-9a-f]|7f|c2%[89][0-9a-f])", re.IGNORECASE)


class MalformedTextError(BadRequestError):
    code = "malformed_text"


class UnknownMethodError(AppError):
    status = 405
    title = "Method not allowed"
    code = "method_not_allowed"
    headers: Mapping[str, str] = {"Allow": ", ".join(METHODS)}


class URITooLongError(AppError):
    status = 414
    title = "URI too long"
    code = "uri_too_long"


class HeadersTooLargeError(AppError):
    status = 431
    title = "Request header fields too large"
    code = "request_header_fields_too_large"


class HeadLimitsMiddleware:
    """Bounds what comes before a body: the method, the path with its query, and the headers.

    A control character in a path gets past a proxy's rule for that path: the router takes
    `/metrics%0a` for `/metrics`.
    """

    def __init__(self, app: ASGIApp, *, max_header_bytes: int, max_headers_bytes: int) -> None:
        self.app = app
        self._max_header_bytes = max_header_bytes
        self._max_headers_bytes = max_headers_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            exchange = get_exchange(scope)
            _check_target(exchange)
            self._check_headers(exchange)
        await self.app(scope, receive, send)

    def _check_headers(self, exchange: Exchange) -> None:
        headers = exchange.scope["headers"]
        if len(headers) > MAX_HEADERS:
            raise HeadersTooLargeError(f"A request has at most {MAX_HEADERS} headers")
        lengths = [len(name) + len(value) for name, value in headers]
        total = sum(lengths)
        if total > self._max_headers_bytes:
            raise HeadersTooLargeError(
                f"Headers have at most {self._max_headers_bytes} bytes together"
            )
        if total > self._max_header_bytes and max(lengths) > self._max_header_bytes:
            raise HeadersTooLargeError(f"A header has at most {self._max_header_bytes} bytes")
        if exchange.declared_length is None:
            raise BadRequestError("Content-Length is not a number")


def _check_target(exchange: Exchange) -> None:
    scope = exchange.scope
    if exchange.method not in METHODS:
        raise UnknownMethodError("No route of this service has that method")
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        raise URITooLongError(f"A path with its query has at most {MAX_TARGET_BYTES} bytes")
    query = scope["query_string"]
    if _IN_PATH.search(scope["path"]) or (query and _IN_QUERY.search(query)):
        raise MalformedTextError("A path or query has a control character: leave it out")
