"""Websockets of a real process: off by default, idle without a connection, closed at shutdown."""

import base64
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.recipes import follow
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

POOL_SIZE = 2
PATH = "/api/v1/online"
RECIPE = "Serve a websocket"
# Ends a hang.
SECONDS = 20
# RFC 6455, sections 5.2 and 7.4: an unmasked close frame, and the code of a restart.
CLOSE_FRAME, SERVICE_RESTART = 0x88, 1012


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("sockets") / "service")
    follow(RECIPE, service)
    return service


@contextmanager
def handshake(
    process: Process, headers: dict[str, str], query: str = ""
) -> Iterator[socket.socket]:
    """Send a handshake; what comes back is for the block to read."""
    url = process.client.base_url
    fields = {
        "Host": f"{url.host}:{url.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = [f"GET {PATH}{query} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
    with socket.create_connection((url.host, url.port or 80), timeout=SECONDS) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        yield connection


def read_status(connection: socket.socket) -> int:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(1)
        assert received, "closed without a response"
        head += received
    return int(head.split()[1])


def test_a_handshake_is_an_ordinary_request_by_default(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": postgres.create_database()}
    prepare(service, EVERYTHING, environment)
    log = tmp_path / "log"
    with serving(service, log, app("serve"), **environment) as process:
        with handshake(process, {"Connection": "Upgrade, close"}, "?token=in-the-query") as opened:
            assert read_status(opened) == 404
        with handshake(process, {"X-Long": "x" * 20_000, "Connection": "close"}) as oversized:
            assert read_status(oversized) == 431
        assert process.stop() == -signal.SIGTERM
    assert "in-the-query" not in log.read_text(encoding="utf-8")


def test_idle_websockets_hold_no_connection_and_end_with_the_process(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    """Three times as many as the pool has; another server than ours refuses them, too."""
    environment = {
        "DATABASE_URL": postgres.create_database(),
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "WEBSOCKETS_ENABLED": "true",
    }
    prepare(service, EVERYTHING, environment)
    log = tmp_path / "log"
    with serving(service, log, app("serve"), **environment) as process:
        headers = sign_in(process.client)
        with ExitStack() as stack:
            query = "?token=in-the-query"
            opened = [
                stack.enter_context(handshake(process, headers, query))
                for _ in range(3 * POOL_SIZE)
            ]
            assert [read_status(each) for each in opened] == [101] * len(opened)
            me = process.client.get("/api/v1/auth/me", headers=headers)
            assert me.status_code == 200
            with handshake(process, {"X-Long": "x" * 20_000}) as oversized:
                assert read_status(oversized) == 431

            process.popen.terminate()
            frames = [each.recv(4) for each in opened]
            assert [frame[0] for frame in frames] == [CLOSE_FRAME] * len(opened)
            codes = {int.from_bytes(frame[2:4], "big") for frame in frames}
            assert codes == {SERVICE_RESTART}
        assert process.stop() == -signal.SIGTERM
    text = log.read_text(encoding="utf-8")
    assert "in-the-query" not in text
    assert f'"path":"{PATH}"' in text
    assert '"status":101' in text


def test_another_server_refuses_them_as_well(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": postgres.create_database()}
    prepare(service, EVERYTHING, environment)
    command = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--port", "PORT"]
    with serving(service, tmp_path / "log", command, **environment) as process:
        with handshake(process, sign_in(process.client)) as opened:
            assert read_status(opened) == 403
        assert process.stop() == -signal.SIGTERM
