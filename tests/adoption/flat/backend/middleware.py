"""So many requests of an address in a minute, counted in this process."""

import os
import time
from collections import defaultdict

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RateLimit:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.requests: dict[str, list[float]] = defaultdict(list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.is_over(scope["client"][0]):
            response = JSONResponse({"detail": "Too many requests"}, status_code=429)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def is_over(self, address: str) -> bool:
        limit = int(os.getenv("REQUESTS_PER_MINUTE", "100"))
        now = time.monotonic()
        recent = [each for each in self.requests[address] if each > now - 60]
        self.requests[address] = [*recent, now][-limit - 1 :]
        return len(recent) >= limit
