"""uvicorn's protocols in another server than ours, with an application that reads its headers last."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core.config import Settings
from app.main import create_app

# Far more than is needed: it ends a hang.
HANG_SECONDS = 20
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Sent: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
REST = b"1\r\nx\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
SENT = [b"host", b"x-sent", b"transfer-encoding"]


class Reader:
    """Keeps the names that it finds once the body has been read."""

    def __init__(self) -> None:
        self.is_running = asyncio.Event()
        self.found: list[list[bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.is_running.set()
        while (await receive()).get("more_body"):
            pass
        self.found.append([name for name, _ in scope["headers"]])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@asynccontextmanager
async def serving(app: Reader, http: str) -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=http, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        async with asyncio.timeout(HANG_SECONDS), asyncio.TaskGroup() as group:
            group.create_task(server.serve([listener]))
            yield port
            server.should_exit = True


@pytest.fixture
def mended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # Put back afterwards, whatever an application has made of it.
    monkeypatch.setattr(HttpToolsProtocol, "on_header", HttpToolsProtocol.on_header)
    create_app(settings)


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("http", ["httptools", "h11"])
@pytest.mark.parametrize("is_late", [False, True], ids=["with the head", "later"])
async def test_trailers_are_no_headers_in_any_server(http: str, *, is_late: bool) -> None:
    """The second request on a connection is read like the first."""
    app = Reader()
    async with serving(app, http) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            app.is_running.clear()
            writer.write(HEAD if is_late else HEAD + REST)
            await app.is_running.wait()
            if is_late:
                writer.write(REST)
            await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert app.found == [SENT, SENT]
