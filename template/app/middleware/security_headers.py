from starlette.types import ASGIApp, Receive, Scope, Send

from app.middleware.exchange import RawHeaders
from app.middleware.state import get_exchange


class SecurityHeadersMiddleware:
    """Sets the headers of the OWASP Secure Headers Project on every response.

    A route may send a Content-Security-Policy or Cache-Control of its own, which is then kept.
    """

    def __init__(
        self, app: ASGIApp, *, csp_policy: str, hsts_max_age: int, always_https: bool
    ) -> None:
        self.app = app
        headers = {
            # Responses are for one caller; what may be cached says so itself.
            "Cache-Control": "no-store",
            "Content-Security-Policy": csp_policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            # Off: the filter of old browsers could itself be used for an attack.
            "X-XSS-Protection": "0",
        }
        hsts = {"Strict-Transport-Security": f"max-age={hsts_max_age}; includeSubDomains"}
        self._https = _encode(headers | hsts)
        self._http = self._https if always_https else _encode(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            fields = self._https if scope["scheme"] == "https" else self._http
            get_exchange(scope).fields += fields
        await self.app(scope, receive, send)


def _encode(headers: dict[str, str]) -> RawHeaders:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
