"""The servers that are measured side by side, each with its database."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx

from benchmarks.machine import pinned
from tests.support.processes import EMAIL, PASSWORD, app
from tests.support.rendering import clean_environment
from tests.support.server_process import free_port
from tools.running import running

BENCHMARKS = Path(__file__).parent
# What a service allows at the most, so that nothing is refused while each request is still counted.
WINDOW_SECONDS = 1
UNLIMITED = {
    "RATE_LIMIT_REQUESTS": "10000",
    "RATE_LIMIT_WINDOW_SECONDS": str(WINDOW_SECONDS),
    "SIGN_IN_FREE_ATTEMPTS": "1000",
    "SIGN_IN_FREE_ATTEMPTS_PER_ADDRESS": "1000",
}


@dataclass(frozen=True)
class Launch:
    """How a server is started: in a folder, by its own Python."""

    folder: Path
    command: list[str]
    environment: Mapping[str, str]
    core: int | None


@dataclass(frozen=True)
class Server:
    """A server that responds, and what the start took."""

    process: "Popen[bytes]"
    client: httpx.Client
    start_seconds: float

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def sign_in(self) -> dict[str, Any]:
        form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
        response = self.client.post("/api/v1/auth/token", data=form)
        response.raise_for_status()
        tokens: dict[str, Any] = response.json()
        return tokens

    def list_items(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.sign_in()['access_token']}"}
        response = self.client.get("/api/v1/items", params={"limit": 50}, headers=headers)
        response.raise_for_status()
        page: dict[str, Any] = response.json()
        return page


@dataclass(frozen=True)
class Target:
    """A service or the bare app; `refusing` is the same service with the limits of its release.

    Of one that has `only` these endpoints, no others are measured.
    """

    name: str
    launch: Launch
    server: Server
    # The cursor of a page in the middle of all rows.
    deep: str
    refusing: Server | None = None
    only: tuple[str, ...] = ()


def serve_service(service: Path, core: int | None, **environment: str) -> Launch:
    return Launch(service, app("serve"), environment, core)


def serve_bare(python: Path, core: int | None, **environment: str) -> Launch:
    """Run the bare app in the environment of a service."""
    url = environment["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    given = {
        "JWT_SECRET": "a secret of thirty-two characters",
        "OWNER_EMAIL": EMAIL,
        "OWNER_PASSWORD": PASSWORD,
    }
    command = [str(python), "-m", "uvicorn", "bare.app:app", "--port", "PORT", "--no-access-log"]
    return Launch(BENCHMARKS, command, {**environment, **given, "DATABASE_URL": url}, core)


@contextmanager
def started(launch: Launch, log: Path) -> Iterator[Server]:
    """Run a server until the block ends.

    Raises:
        NotReadyError: it did not start.
    """
    port = str(free_port())
    command = [port if word == "PORT" else word for word in launch.command]
    given = {"HOST": "127.0.0.1", "PORT": port, **launch.environment}
    options: dict[str, Any] = {"cwd": launch.folder, "env": clean_environment() | given}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        begun = time.monotonic()
        with running(pinned(command, launch.core), log, watch(client), **options) as process:
            yield Server(process, client, time.monotonic() - begun)


def watch(client: httpx.Client) -> Callable[[], bool]:
    """Look every few milliseconds, so that the time of a start is told so exactly."""

    def is_alive() -> bool:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            with suppress(httpx.HTTPError):
                return client.get("/health/live").is_success
            time.sleep(0.005)
        return False

    return is_alive
