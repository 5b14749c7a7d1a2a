"""How tests see each part of a response, when it is sent."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Scope


async def call(
    app: FastAPI,
    state: Mapping[str, Any] | None,
    path: str,
    body: dict[str, str],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Posts to a running service, and yields each part of the response as it is sent."""
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"service.test"), (b"content-type", b"application/json")],
        "scheme": "http",
        "client": ("192.0.2.9", 1234),
        "state": dict(state or {}),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    await app(scope, receive, send)
