from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.middleware.exchange import VARY, Exchange
from app.middleware.problems import problem_response
from app.middleware.state import get_exchange

_FRAMING = ("content-length", "content-type")


class ProblemCORSMiddleware(CORSMiddleware):
    """Starlette's rules, with refusals as problems. Credentials are never allowed.

    The headers are left with the exchange, so every response has them, whichever layer made it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allow_origins: Sequence[str],
        allow_methods: Sequence[str],
        allow_headers: Sequence[str],
        expose_headers: Sequence[str],
    ) -> None:
        super().__init__(
            app,
            allow_origins=allow_origins,
            allow_methods=allow_methods,
            allow_headers=allow_headers,
            expose_headers=expose_headers,
        )
        self._fields = [
            (name.lower().encode(), value.encode()) for name, value in self.simple_headers.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        exchange = get_exchange(scope)
        # Also without an Origin: a cache keeps one response for all.
        exchange.fields.append((VARY, b"Origin"))
        if _is_preflight(exchange):
            response = self.preflight_response(Headers(scope=scope))
            exchange.is_refused = response.status_code >= 400
            await response(scope, receive, send)
            return
        origin = exchange.headers.get(b"origin")
        if origin and self.is_allowed_origin(origin.decode("latin-1")):
            exchange.fields += self._fields
            if not self.allow_all_origins:
                exchange.fields.append((b"access-control-allow-origin", origin))
        await self.app(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        return problem_response(
            status=response.status_code,
            title="Bad request",
            code="cross_origin_refused",
            detail=bytes(response.body).decode(),
            headers={k: v for k, v in response.headers.items() if k not in _FRAMING},
        )


def _is_preflight(exchange: Exchange) -> bool:
    headers = exchange.headers
    is_options = exchange.method == "OPTIONS"
    return is_options and b"origin" in headers and b"access-control-request-method" in headers
