import os
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.addresses import UNKNOWN, network_of
from app.core.http.context import client_address, request_id, request_id_from_client
from app.middleware.exchange import REQUEST_ID
from app.middleware.state import get_exchange

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContextMiddleware:
    """Gives each request an id: the caller's, if it is harmless in a log, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        exchange = get_exchange(scope)
        given = exchange.text(REQUEST_ID)
        is_given = _ACCEPTED.fullmatch(given) is not None
        exchange.request_id = given if is_given else os.urandom(16).hex()
        exchange.address = network_of(scope["client"][0] if scope.get("client") else UNKNOWN)
        id_token = request_id.set(exchange.request_id)
        from_client_token = request_id_from_client.set(is_given)
        address_token = client_address.set(exchange.address)
        try:
            await self.app(scope, receive, send)
        finally:
            client_address.reset(address_token)
            request_id_from_client.reset(from_client_token)
            request_id.reset(id_token)
