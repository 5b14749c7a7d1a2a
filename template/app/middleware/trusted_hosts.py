from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import BadRequestError


class UntrustedHostError(BadRequestError):
    code = "untrusted_host"


class TrustedHostsMiddleware:
    """Refuses a Host header that is not on the list; '*.example.com' stands for subdomains.

    Probes come by address and not by name, so /health is exempt. Starlette's class of this purpose
    answers in plain text, not as a problem.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self.app = app
        self._any = "*" in hosts
        self._exact = {host.lower() for host in hosts}
        self._suffixes = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._any or _is_probe(scope["path"]):
            await self.app(scope, receive, send)
            return

        host = Headers(scope=scope).get("host", "").partition(":")[0].lower()
        if host not in self._exact and not host.endswith(self._suffixes):
            raise UntrustedHostError("This service does not answer to that host name")
        await self.app(scope, receive, send)


def _is_probe(path: str) -> bool:
    return path == "/health" or path.startswith("/health/")
