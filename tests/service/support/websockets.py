"""A client of websockets that runs in the process of the service."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Scope

# Ends a hang.
SECONDS = 10


@dataclass
class Socket:
    """What the service sent, and what it is to receive."""

    received: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    to_send: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def next(self) -> Message:
        async with asyncio.timeout(SECONDS):
            return await self.received.get()

    async def ask(self, text: str) -> Any:
        self.to_send.put_nowait({"type": "websocket.receive", "text": text})
        return json.loads((await self.next())["text"])

    def disconnect(self) -> None:
        self.to_send.put_nowait({"type": "websocket.disconnect", "code": 1001})


@asynccontextmanager
async def connecting(
    app: FastAPI,
    path: str,
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
) -> AsyncIterator[Socket]:
    """Starts the service and sends a handshake; the block ends by disconnecting."""
    async with app.router.lifespan_context(app) as state:
        socket = Socket()
        fields = {"host": "service.test", **(headers or {})}
        scope: Scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), text.encode()) for name, text in fields.items()],
            "scheme": "ws",
            "client": ("192.0.2.9", 1234),
            "subprotocols": list(subprotocols),
            "extensions": {"websocket.http.response": {}},
            "state": dict(state or {}),
        }
        socket.to_send.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(app(scope, socket.to_send.get, socket.received.put))
        try:
            yield socket
        finally:
            socket.disconnect()
            async with asyncio.timeout(SECONDS):
                await running
