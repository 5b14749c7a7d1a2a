"""A client of websockets that runs in the process of the service."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Scope

# Ends a hang.
SECONDS = 10


class Socket:
    """A handshake and what follows it: what the service sent, and what it is to receive."""

    def __init__(self, app: FastAPI, scope: Scope) -> None:
        self._app = app
        self._scope = scope
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._to_send: asyncio.Queue[Message] = asyncio.Queue()
        self._to_send.put_nowait({"type": "websocket.connect"})
        self._running = asyncio.create_task(app(scope, self._to_send.get, self._received.put))

    async def next(self) -> Message:
        async with asyncio.timeout(SECONDS):
            return await self._received.get()

    async def call(self, text: str) -> Any:
        self._to_send.put_nowait({"type": "websocket.receive", "text": text})
        return json.loads((await self.next())["text"])

    async def another(self, path: str) -> "Socket":
        """Sends another handshake to the same process."""
        state = {name: self._scope["state"][name] for name in self._scope["opened"]}
        scope = {**self._scope, "path": path, "raw_path": path.encode(), "state": state}
        return Socket(self._app, scope)

    async def end(self) -> None:
        self._to_send.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(SECONDS):
            await self._running


@asynccontextmanager
async def connecting(
    app: FastAPI,
    path: str,
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
) -> AsyncIterator[Socket]:
    """Starts the service and sends a handshake; the block ends by disconnecting."""
    async with app.router.lifespan_context(app) as state:
        fields = {"host": "service.test"}
        fields |= {name.lower(): text for name, text in (headers or {}).items()}
        socket = Socket(
            app,
            {
                "type": "websocket",
                "path": path,
                "raw_path": path.encode(),
                "query_string": b"token=in-the-query",
                "headers": [(name.encode(), text.encode()) for name, text in fields.items()],
                "scheme": "ws",
                "client": ("192.0.2.9", 1234),
                "subprotocols": list(subprotocols),
                "extensions": {"websocket.http.response": {}},
                "state": dict(state or {}),
                "opened": list(state or {}),
            },
        )
        try:
            yield socket
        finally:
            await socket.end()
