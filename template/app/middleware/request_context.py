import os
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.addresses import UNKNOWN, network_of
from app.core.http.context import client_address, request_id, request_id_from_client
from app.core.http.trace import Trace, continue_trace, trace
from app.middleware.exchange import REQUEST_ID, Exchange
from app.middleware.state import get_exchange

_TRACEPARENT = b"traceparent"
_TRACESTATE = b"tracestate"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContextMiddleware:
    """Gives each request an id and a trace: the caller's, if they are harmless in a log, else new ones."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        exchange = get_exchange(scope)
        given = exchange.text(REQUEST_ID)
        is_given = _ACCEPTED.fullmatch(given) is not None
        made = os.urandom(24).hex()
        exchange.request_id = given if is_given else made[:32]
        exchange.trace = _read_trace(exchange, made[32:]) or Trace(made[:32], made[32:])
        exchange.address = network_of(scope["client"][0] if scope.get("client") else UNKNOWN)
        id_token = request_id.set(exchange.request_id)
        from_client_token = request_id_from_client.set(is_given)
        trace_token = trace.set(exchange.trace)
        address_token = client_address.set(exchange.address)
        try:
            await self.app(scope, receive, send)
        finally:
            client_address.reset(address_token)
            trace.reset(trace_token)
            request_id_from_client.reset(from_client_token)
            request_id.reset(id_token)


def _read_trace(exchange: Exchange, span_id: str) -> Trace | None:
    if _TRACEPARENT not in exchange.headers:
        return None
    # Several headers name no one trace.
    lines = exchange.lines(_TRACEPARENT)
    if len(lines) != 1:
        return None
    return continue_trace(lines[0], span_id, ",".join(exchange.lines(_TRACESTATE)))
