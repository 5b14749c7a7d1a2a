"""One request and its response, as the layers of the edge share them."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NoReturn

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.trace import Trace
from app.middleware.route_table import route_template

RawHeaders = list[tuple[bytes, bytes]]

REQUEST_ID = b"x-request-id"
VARY = b"vary"
# What the edge leaves to the response.
_FRAMING = {b"content-length", b"content-type"}
# More than any length has.
MAX_DIGITS = 18


class Exchange:
    """What is read of the raw headers is read here, once; a handshake of a websocket has one, too.

    Layers leave the response's headers in `fields`, where they need no copy of it. They are written
    when it starts, unless the response has its own.
    """

    __slots__ = (
        "address",
        "bytes_sent",
        "fields",
        "headers",
        "is_over",
        "is_refused",
        "method",
        "path",
        "refusal",
        "request_id",
        "scope",
        "started",
        "status",
        "takes_raw_body",
        "trace",
    )

    def __init__(self, scope: Scope) -> None:
        self.started = perf_counter()
        # That of the router, where a layer hands on another one.
        self.scope = scope
        self.method: str = scope.get("method", "GET")
        self.path = _path_below_root(scope)
        # Of a header that comes twice, the first counts.
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        self.request_id = ""
        self.trace: Trace | None = None
        self.address = ""

        self.fields: RawHeaders = []
        self.status: int | None = None
        self.bytes_sent = 0
        self.is_over = False
        # Set by what reads the body: the framework turns every error there into one of its own.
        self.refusal: Exception | None = None
        # Whether the edge responded before a route was chosen.
        self.is_refused = False
        self.takes_raw_body = False

    def refuse(self, error: Exception) -> NoReturn:
        """Ends the request with this error, whatever the framework makes of it on its way."""
        self.refusal = error
        raise error

    def text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    def lines(self, name: bytes) -> list[str]:
        """Returns the values of a header that may come more than once."""
        return [value.decode("latin-1") for key, value in self.scope["headers"] if key == name]

    @property
    def may_have_body(self) -> bool:
        """RFC 9112, section 6.3: in HTTP/1 a request without these two headers has no body."""
        headers = self.headers
        is_http_1 = self.scope.get("http_version", "1.1") in ("1.0", "1.1")
        return b"content-length" in headers or b"transfer-encoding" in headers or not is_http_1

    @property
    def declared_length(self) -> int | None:
        """The `Content-Length`, 0 without one; None if it is not a number."""
        length = self.headers.get(b"content-length")
        if length is None:
            return 0
        return int(length) if length.isdigit() and len(length) <= MAX_DIGITS else None

    @property
    def route(self) -> str | None:
        """The path as it was declared, prefixes included; None when no route matched."""
        return route_template(self.scope)

    def complete(self, own: RawHeaders) -> RawHeaders:
        """Returns the headers of a response with those that the layers have left."""
        names = {name.lower() for name, _ in own}
        request_id = (REQUEST_ID, self.request_id.encode("latin-1"))
        if names <= _FRAMING:
            return [*own, *self.fields, request_id]
        headers = [pair for pair in own if pair[0].lower() != REQUEST_ID]
        headers += [pair for pair in self.fields if pair[0] not in names or pair[0] == VARY]
        return [*headers, request_id]


# What a server sends for these messages of a websocket.
_END_OF_HANDSHAKE = {"accept": 101, "close": 403}

Observer = Callable[[Exchange], None]


class ExchangeMiddleware:
    """Makes the exchange that the layers share, completes the response's headers when it starts,
    and shows the exchange to the observers once, with the last byte of the response.

    Not when what follows it is done: that takes longer where there is a mail to send.

    A handshake of a websocket is over when it is accepted or refused.

    What is to be known of every request, for a log, a metric or a trace, is one more observer.
    """

    def __init__(self, app: ASGIApp, *, observers: Sequence[Observer]) -> None:
        self.app = app
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope)
        state = scope.setdefault("state", {})
        # An application of this kind may be mounted in another one: each has its own.
        outer = state.get("exchange")
        state["exchange"] = exchange

        async def send_completed(message: Message) -> None:
            # Whatever the framework makes of a refusal: the refusal itself is sent in its place.
            if exchange.refusal is not None:
                return
            kind = message["type"].removeprefix("websocket.")
            if kind == "http.response.start":
                exchange.status = message["status"]
                message = {**message, "headers": exchange.complete(message.get("headers", []))}
            elif kind in _END_OF_HANDSHAKE and exchange.status is None:
                exchange.status = _END_OF_HANDSHAKE[kind]
                self._observe(exchange)
            elif kind == "http.response.body":
                exchange.bytes_sent += len(message.get("body", b""))
                if not message.get("more_body", False):
                    self._observe(exchange)
            await send(message)

        try:
            await self.app(scope, receive, send_completed)
        finally:
            self._observe(exchange)
            # It has the scope, which has the state: both would be left to the garbage collector.
            if outer is None:
                del state["exchange"]
            else:
                state["exchange"] = outer

    def _observe(self, exchange: Exchange) -> None:
        if not exchange.is_over:
            exchange.is_over = True
            for observe in self._observers:
                observe(exchange)


def _path_below_root(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path
