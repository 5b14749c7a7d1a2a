"""A client of websockets that sees each byte."""

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.processes import Process

# Ends a hang.
SECONDS = 20
# RFC 6455, section 5.2: a close frame, unmasked.
CLOSE_FRAME = 0x88


@contextmanager
def handshake(
    process: Process, path: str, headers: dict[str, str], query: str = ""
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
    lines = [f"GET {path}{query} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
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


def read_close_code(connection: socket.socket) -> int:
    frame = connection.recv(4)
    assert frame[0] == CLOSE_FRAME
    return int.from_bytes(frame[2:4], "big")
