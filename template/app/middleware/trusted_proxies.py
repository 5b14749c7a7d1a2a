from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.addresses import find_client, is_in
from app.middleware.state import get_exchange

# As many as stand in front of any service; a header has room for thousands.
MAX_HOPS = 32
_SCHEMES = {
    "http": {"http": "http", "https": "https"},
    "websocket": {"http": "ws", "https": "wss"},
}


class TrustedProxiesMiddleware:
    """Puts the client's address and scheme in place of those of the proxies in front.

    Only a peer in these networks is believed, and only X-Forwarded-For and X-Forwarded-Proto are
    read: a proxy that knows nothing of Forwarded or X-Real-IP passes on what the client wrote there.
    """

    def __init__(self, app: ASGIApp, *, proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        self.app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if self._proxies and peer and is_in(peer[0], self._proxies):
            self._look_behind(scope, peer[0])
        await self.app(scope, receive, send)

    def _look_behind(self, scope: Scope, peer: str) -> None:
        exchange = get_exchange(scope)
        hops = ",".join(exchange.lines(b"x-forwarded-for")).rsplit(",", MAX_HOPS)[-MAX_HOPS:]
        scope["client"] = (find_client(peer, hops, self._proxies), 0)
        # The last one is the trusted peer's own; those before it came to it from elsewhere.
        scheme = ",".join(exchange.lines(b"x-forwarded-proto")).rpartition(",")[2].strip()
        scope["scheme"] = _SCHEMES[scope["type"]].get(scheme.lower(), scope["scheme"])
