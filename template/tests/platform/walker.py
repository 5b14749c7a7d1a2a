"""How the walks send requests: each ends within a bound, and none reaches another service."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Request
from sqlalchemy import make_url
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.config import Settings
from tests.platform.made_up import MadeUp
from tests.platform.operations import WEBSOCKET, Operation

RESPONSE_SECONDS = 15
# A stream, or a websocket, is looked at for so long.
STREAM_SECONDS = 0.3


@dataclass(frozen=True)
class Reply:
    """A response; of a websocket 101 once it is accepted, and what it sent before it was closed."""

    status: int
    text: str
    # The addresses of other services that it tried to reach.
    called: list[str] = field(default_factory=list)


class Walker:
    def __init__(self, app: FastAPI, started: ASGIApp, settings: Settings) -> None:
        self.made_up = MadeUp(app)
        self._started = started
        self._settings = settings
        self._client = AsyncClient(
            transport=ASGITransport(_cut_off_streams(started), raise_app_exceptions=False),
            base_url="http://service.test",
        )

    async def send(
        self, operation: Operation, headers: dict[str, str], row_id: object = None
    ) -> Reply:
        path, arguments = self.made_up.request(operation, row_id)
        arguments["headers"] |= headers
        is_websocket = operation.method == WEBSOCKET
        request = self._client.build_request(
            "GET" if is_websocket else operation.method, path, **arguments
        )
        with _refuse_calls(self._settings) as called:
            try:
                async with asyncio.timeout(RESPONSE_SECONDS):
                    if is_websocket:
                        status, text = await self._open_websocket(request)
                    else:
                        response = await self._client.send(request)
                        status, text = response.status_code, response.text
            except TimeoutError:
                pytest.fail(f"{operation}: no response within {RESPONSE_SECONDS} s")
        return Reply(status, text, called)

    async def _open_websocket(self, request: Request) -> tuple[int, str]:
        sent: list[Message] = []
        to_receive: list[Message] = [{"type": "websocket.connect"}]

        async def receive() -> Message:
            if not to_receive:
                await anyio.sleep_forever()
            return to_receive.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        scope: Scope = {
            "type": "websocket",
            "path": request.url.path,
            "raw_path": request.url.raw_path.split(b"?")[0],
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": "ws",
            "client": ("127.0.0.1", 123),
            "subprotocols": [],
        }
        with anyio.move_on_after(STREAM_SECONDS):
            await self._started(scope, receive, send)
        # As servers do: closed before it was accepted, it is a 403.
        is_accepted = bool(sent) and sent[0]["type"] == "websocket.accept"
        return (101 if is_accepted else 403), str(sent)


def _cut_off_streams(app: ASGIApp) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        with anyio.CancelScope() as running:

            async def note_start(message: Message) -> None:
                if message["type"] == "http.response.start":
                    running.deadline = anyio.current_time() + STREAM_SECONDS
                await send(message)

            await app(scope, receive, note_start)
        if running.cancelled_caught:
            await send({"type": "http.response.body"})

    return run


@contextmanager
def _refuse_calls(settings: Settings) -> Iterator[list[str]]:
    """Lets no connection be made but to the database, and yields the addresses of the others."""
    called: list[str] = []
    database = make_url(settings.database_url)
    known: set[Any] = {database.host}
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in known:
            called.append(f"{host}:{port}")
            raise socket.gaierror(socket.EAI_AGAIN, "tests call no other service")
        found = resolve(host, port, *arguments, **options)
        known.update(address[4][0] for address in found)
        return found

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in known:
            called.append(":".join(map(str, address[:2])))
            raise ConnectionRefusedError("tests call no other service")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded_resolve)
        patch.setattr(socket.socket, "connect", guarded_connect)
        yield called
