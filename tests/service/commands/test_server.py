"""The server in this process: what a signal begins, and what it does not read for ever."""

import asyncio
import faulthandler
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app.commands.server import Server
from app.core.config import Settings, reload_settings
from app.main import create_app

pytestmark = pytest.mark.usefixtures("environment")

# Far more than is needed: it ends a hang.
HANG_SECONDS = 20
TIMEOUT = 0.2
CHUNKED = b"POST /nope HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    given = {"SHUTDOWN_DRAIN_SECONDS": 0.5, "HEAD_TIMEOUT": TIMEOUT, "KEEP_ALIVE_SECONDS": 1}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    return reload_settings()


@asynccontextmanager
async def serving(
    settings: Settings, app: FastAPI | None = None
) -> AsyncIterator[tuple[Server, int]]:
    """Yields a server and its port; the block ends it."""
    started = asyncio.Event()
    server = Server(settings, on_started=started.set, on_second_signal=lambda: None)
    if app:
        server.config.app, server.config.factory = app, False
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        async with asyncio.timeout(HANG_SECONDS), asyncio.TaskGroup() as group:
            group.create_task(server.serve([listener]))
            await started.wait()
            yield server, port
            server.handle_exit(signal.SIGINT, None)
    # It is for processes that end.
    faulthandler.cancel_dump_traceback_later()


async def test_requests_are_served_while_the_process_drains(settings: Settings) -> None:
    async with serving(settings) as (server, port), httpx2.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/health"
        assert "connection" not in (await client.get(f"{url}/live")).headers

        server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(0.2)
        ready = await client.get(f"{url}/ready")
        live = await client.get(f"{url}/live")

    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert live.status_code == 200
    assert live.headers["connection"] == "close"


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n"])
async def test_a_head_that_does_not_end_is_refused_in_time(settings: Settings, sent: bytes) -> None:
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_head_that_goes_on_for_ever_is_refused(settings: Settings) -> None:
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX-Long: ")
        for _ in range(4):
            writer.write(b"x" * settings.max_headers_bytes)
            await asyncio.sleep(0)
        assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_a_connection_without_a_request_is_closed(settings: Settings) -> None:
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        (b"\r\n", b"\r\n"),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n"),
        (CHUNKED, b"1\r\nx\r\n"),
    ],
    ids=["blank lines", "blank lines behind a request", "a body behind its response"],
)
async def test_what_is_no_request_keeps_no_connection(
    settings: Settings, sent: bytes, more: bytes
) -> None:
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        for _ in range(4):
            await asyncio.sleep(0.1)
            writer.write(more)
        await reader.read()
        writer.close()


@pytest.mark.parametrize("piece", [b"x" * 60, b"X-Long: x\r\n" * 6], ids=["one", "many"])
async def test_trailers_that_go_on_for_ever_are_refused(settings: Settings, piece: bytes) -> None:
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CHUNKED)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
        writer.write(b"0\r\nX-Long: ")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(piece * 100)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()


async def test_a_client_that_reads_nothing_holds_no_request(settings: Settings) -> None:
    requests = b"GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000
    async with serving(settings) as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            with suppress(ConnectionError):
                await loop.sock_sendall(client, requests)
                # The server has begun to respond; no more is read.
                await loop.sock_recv(client, 1)
            while server.server_state.connections:  # noqa: ASYNC110 - uvicorn tells nobody
                await asyncio.sleep(0.1)


async def test_a_client_that_reads_slowly_gets_it_all(settings: Settings) -> None:
    """For longer than a client may read nothing, also where what is sent is one piece."""
    length, piece = 16_000_000, 2_000_000
    app = create_app(settings)
    app.add_api_route("/large", lambda: Response(b"x" * length))
    async with serving(settings, app) as (server, port):
        server.config.timeout_keep_alive = 0.2  # type: ignore[assignment] # seconds
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=piece)
        writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        received = 0
        while part := await reader.read(piece):
            received += len(part)
            await asyncio.sleep(0.1 * len(part) / piece)
        writer.close()

    assert received == length


async def test_a_client_that_has_read_all_may_wait_for_more(settings: Settings) -> None:
    async def send() -> AsyncIterator[bytes]:
        yield b"x" * 16_000_000
        await asyncio.sleep(1)
        yield b"end"

    app = create_app(settings)
    app.add_api_route("/late", lambda: StreamingResponse(send()))
    async with serving(settings, app) as (server, port):
        server.config.timeout_keep_alive = 0.2  # type: ignore[assignment] # seconds
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        # The server cannot write on at first.
        await asyncio.sleep(0.1)
        said = await reader.read()
        writer.close()

    assert said.endswith(b"end\r\n0\r\n\r\n")


async def test_a_body_in_many_pieces_is_read(settings: Settings) -> None:
    """In all far longer than a head may be."""
    pieces, piece = 20, b"x" * 20_000
    app = create_app(settings)

    @app.post("/count")
    async def count(request: Request) -> int:
        return len(await request.body())

    async with serving(settings, app) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n" % (pieces * len(piece)))
        for _ in range(pieces):
            writer.write(piece)
            await asyncio.sleep(0.005)
        said = await reader.read()
        writer.close()

    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b"\r\n400000")


async def test_trailers_are_no_headers(settings: Settings) -> None:
    """They come when headers are checked, and when proxies have removed what they remove."""
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CHUNKED + b"0\r\nX-Request-ID: of-a-trailer\r\n\r\n")
        said = await reader.read()
        writer.close()

    assert said.startswith(b"HTTP/1.1 404 ")
    assert b"of-a-trailer" not in said


async def test_a_head_in_pieces_is_read(settings: Settings) -> None:
    """Also behind another request, whose body may be longer than a head."""
    body = b"x" * 200_000
    post = b"POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b"
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    async with serving(settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post % (len(body), body) + head)
        await asyncio.sleep(TIMEOUT / 4)
        writer.write(b"\r\n")
        said = await reader.read()
        writer.close()

    assert said.startswith(b"HTTP/1.1 404 ")
    assert said.count(b"HTTP/1.1 200 OK") == 1


async def test_a_head_behind_a_slow_request_breaks_nothing_off(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/slow")
    async def wait() -> str:
        await asyncio.sleep(3 * TIMEOUT)
        return "done"

    async with serving(settings, app) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\nGET /")
        said = await reader.read()
        writer.close()

    assert b'"done"' in said
    assert said.count(b"HTTP/1.1 408 ") == 1
