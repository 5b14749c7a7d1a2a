import re
from collections.abc import Sequence
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import BadRequestError
from app.core.http.probes import is_from_platform
from app.middleware.exchange import Exchange
from app.middleware.state import get_exchange

# RFC 3986, section 3.2: a name, an IPv4 address or an IPv6 address in brackets; then a port.
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)


class UntrustedHostError(BadRequestError):
    code = "untrusted_host"


class TrustedHostsMiddleware:
    """Refuses a Host header that is not on the list; '*.example.com' stands for subdomains.

    Probes and scrapes come by address and not by name, so they are exempt. Starlette's class of this
    purpose responds in plain text, not with a problem.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self.app = app
        self._any = "*" in hosts
        self._exact = {host.lower() for host in hosts}
        self._suffixes = tuple(host[1:].lower() for host in hosts if host.startswith("*."))
        # Clients use few, and whatever else they send is bounded.
        self._trusts = lru_cache(maxsize=256)(self._is_on_list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._lets_in(get_exchange(scope)):
            await self.app(scope, receive, send)
        else:
            raise UntrustedHostError("This service is not known by that host name")

    def _lets_in(self, exchange: Exchange) -> bool:
        # RFC 9112, section 3.2: one Host, no more and no less.
        hosts = exchange.lines(b"host")
        if len(hosts) == 1 and self._trusts(hosts[0]):
            return True
        return exchange.scope["type"] == "http" and is_from_platform(exchange.method, exchange.path)

    def _is_on_list(self, host: str) -> bool:
        parts = _HOST.fullmatch(host)
        if parts is None:
            return False
        name = parts[1].strip("[]").lower()
        return self._any or name in self._exact or name.endswith(self._suffixes)
