"""How the walks send requests: each ends within a bound, and none reaches another service."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
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
    """A response; a websocket's has 101 once it is accepted, and its messages."""

    status: int
    text: str
    # The addresses of other services that it tried to reach.
    called: list[str]


class Walker:
    def __init__(self, app: FastAPI, server: ASGIApp, settings: Settings) -> None:
        self.made_up = MadeUp(app)
        self._settings = settings
        self._servers = {False: _bounded(server), True: _websocket(server)}

    async def send(
        self, operation: Operation, headers: dict[str, str], row_id: object = None
    ) -> Reply:
        path, arguments = self.made_up.request(operation, row_id)
        arguments["headers"] |= headers | {"X-Request-ID": "walk"}
        is_websocket = operation.method == WEBSOCKET
        transport = ASGITransport(self._servers[is_websocket], raise_app_exceptions=False)
        client = AsyncClient(transport=transport, base_url="http://service.test")
        request = client.build_request(
            "GET" if is_websocket else operation.method, path, **arguments
        )
        with _refuse_calls(self._settings) as called:
            try:
                async with asyncio.timeout(RESPONSE_SECONDS):
                    response = await client.send(request)
            except TimeoutError:
                pytest.fail(f"{operation}: no response within {RESPONSE_SECONDS} s")
        return Reply(response.status_code, response.text, called)


def _bounded(app: ASGIApp) -> ASGIApp:
    """Cuts off streams."""

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


def _websocket(app: ASGIApp) -> ASGIApp:
    """Makes a websocket of a request: the response has what it sends, each message once."""

    async def run(scope: Scope, _: Receive, send: Send) -> None:
        sent: list[str] = []
        to_receive: list[Message] = [{"type": "websocket.connect"}]

        async def receive() -> Message:
            if not to_receive:
                await anyio.sleep_forever()
            return to_receive.pop()

        first: dict[str, Any] = {}

        async def note(message: Message) -> None:
            first.update({} if sent else message)
            if str(message) not in sent:
                sent.append(str(message))

        with anyio.move_on_after(STREAM_SECONDS):
            handshake = {"type": "websocket", "scheme": "ws", "subprotocols": []}
            await app({**scope, **handshake}, receive, note)
        status = 101 if first.get("type") == "websocket.accept" else first.get("status", 403)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": "\n".join(sent).encode()})

    return run


@contextmanager
def _refuse_calls(settings: Settings) -> Iterator[list[str]]:
    """Lets no connection be made but to the database, and yields the addresses of the others."""
    called: list[str] = []
    known: set[Any] = {make_url(settings.database_url).host}
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
