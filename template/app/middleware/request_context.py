import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.addresses import UNKNOWN, network_of
from app.core.http.context import client_address, request_id, request_id_from_client

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContextMiddleware:
    """Gives each request an id: the client's, if it is harmless in a log, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        given = Headers(scope=scope).get(HEADER, "")
        is_given = _ACCEPTED.fullmatch(given) is not None
        identity = given if is_given else uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        address = scope["client"][0] if scope.get("client") else UNKNOWN
        id_token = request_id.set(identity)
        from_client_token = request_id_from_client.set(is_given)
        address_token = client_address.set(network_of(address))
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            client_address.reset(address_token)
            request_id_from_client.reset(from_client_token)
            request_id.reset(id_token)
