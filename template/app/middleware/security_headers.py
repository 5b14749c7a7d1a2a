from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SecurityHeadersMiddleware:
    """Sets the headers of the OWASP Secure Headers Project on every answer.

    A route may answer with a Content-Security-Policy or Cache-Control of its own, which then stays.
    """

    def __init__(
        self, app: ASGIApp, *, csp_policy: str, hsts_max_age: int, always_https: bool
    ) -> None:
        self.app = app
        self._always_https = always_https
        self._hsts = f"max-age={hsts_max_age}; includeSubDomains"
        self._headers = {
            # Answers are somebody's own; what may be kept says so itself.
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        https = self._always_https or scope["scheme"] == "https"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if https:
                    headers.setdefault("Strict-Transport-Security", self._hsts)
            await send(message)

        await self.app(scope, receive, send_with_headers)
