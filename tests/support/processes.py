"""A rendered service as a process of its own, and what a client sees of it."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.rendering import Combination, clean_environment, run
from tests.support.server_process import free_port
from tools.running import STOP_SECONDS, running

EMAIL = "owner@example.com"
PASSWORD = "correct horse battery staple"
# Its request id comes behind the body.
WITH_TRAILER = (
    b"POST /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Request-ID: of-a-trailer\r\n\r\n"
)


@dataclass
class Process:
    """A running service, and the log that it writes."""

    popen: "subprocess.Popen[bytes]"
    client: httpx.Client
    log: Path

    def stop(self) -> int:
        """Send SIGTERM and return the exit code.

        Raises:
            TimeoutExpired: it runs on.
        """
        self.popen.terminate()
        return self.popen.wait(2 * STOP_SECONDS)

    def send(self, sent: bytes) -> bytes:
        """Send these bytes as they are; return what comes back until the connection is closed."""
        url = self.client.base_url
        with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def log_lines(self) -> list[dict[str, Any]]:
        """Read the log.

        Raises:
            ValueError: a line is not JSON.
        """
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def serving(service: Path, log: Path, command: list[str], **environment: str) -> Iterator[Process]:
    """Start a service on the port that is put in place of PORT, and kill it with the block.

    Raises:
        NotReadyError: it did not start.
    """
    port = str(free_port())
    command = [port if word == "PORT" else word for word in command]
    given = clean_environment() | {"HOST": "127.0.0.1", "PORT": port, "LOG_FORMAT": "json"}
    given |= environment
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:

        def is_alive() -> bool:
            with suppress(httpx.HTTPError):
                return client.get("/health/live").is_success
            return False

        with running(command, log, is_alive, patience=0, cwd=service, env=given) as popen:
            yield Process(popen, client, log)


def prepare(service: Path, combination: Combination, environment: dict[str, str]) -> None:
    """Make the tables and the owner of a service whose database is empty."""
    run(service, "make", "migrate" if combination.use_alembic else "tables", **environment)
    done = subprocess.run(
        app("create-owner", "--email", EMAIL, "--password-stdin"),
        cwd=service,
        env=clean_environment() | environment,
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"email: {EMAIL}\n"


def app(*arguments: str) -> list[str]:
    return [".venv/bin/python", "-m", "app", *arguments]


def sign_in(client: httpx.Client) -> dict[str, str]:
    """Return the headers of the owner that the tests have made."""
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    response = client.post("/api/v1/auth/token", data=form)
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}
