"""See to it that the suite can have PostgreSQL and Redis: `make test` runs this first."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.find_servers import postgres_folder, redis_program

WHEELS = Path(__file__).parent.parent / "requirements" / "servers.txt"


class Server(NamedTuple):
    name: str
    variable: str
    package: str
    program: str
    find: Callable[[], Path | None]

    def place(self) -> str | None:
        """Say where the suite will take it from."""
        if os.environ.get(self.variable):
            return self.variable
        return str(self.find() or "") or None


SERVERS = (
    Server("PostgreSQL", "TEST_DATABASE_URL", "postgresql", "initdb", postgres_folder),
    Server("Redis", "TEST_REDIS_URL", "redis-server", "redis-server", redis_program),
)


def ensure(
    servers: tuple[Server, ...], installers: tuple[Callable[[list[Server]], None], ...]
) -> None:
    """Try one installer after the other.

    Raises:
        SystemExit: a server is still missing.
    """
    for install in installers:
        if missing := [server for server in servers if not server.place()]:
            install(missing)
    if missing := [server for server in servers if not server.place()]:
        raise SystemExit(
            "The suite needs real servers: "
            + "; ".join(f"install {s.name} ({s.program}) or set {s.variable}" for s in missing)
            + "."
        )
    for server in servers:
        print(f"{server.name}: {server.place()}")


def install_packages(missing: list[Server]) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {' and '.join(server.name for server in missing)} with apt-get", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = [server.package for server in missing]
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-q", *arguments], env=environment, check=False)


def install_wheels(_: list[Server]) -> None:
    print("Installing PostgreSQL and Redis as wheels", flush=True)
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "install", "--python", sys.executable, "--require-hashes"]
    subprocess.run([*command, "--requirement", str(WHEELS)], check=False)


if __name__ == "__main__":
    ensure(SERVERS, (install_packages, install_wheels))
