"""Make sure that the suite has its servers and a browser: `make test` runs this first."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.find_servers import (
    browser_program,
    buildah_program,
    kubectl_program,
    nginx_program,
    pgbouncer_program,
    postgres_folder,
    prometheus_program,
    promtool_program,
    redis_program,
    wrk_program,
)

WHEELS = Path(__file__).parent.parent / "requirements" / "servers.txt"


class Server(NamedTuple):
    name: str
    variable: str
    package: str
    program: str
    find: Callable[[], Path | None]
    # The tests of what is not required say why they are skipped; CI has everything.
    required: bool = True
    # Debian's archive has it, so that its absence is an error in CI.
    packaged: bool = True

    @property
    def needed(self) -> bool:
        """Tell whether the suite fails without it."""
        return self.required or (self.packaged and bool(os.environ.get("CI")))

    @property
    def remedy(self) -> str:
        return f"install {self.name} ({self.program}) or set {self.variable}"

    def place(self) -> str | None:
        """Say where the suite will take it from."""
        if os.environ.get(self.variable):
            return self.variable
        return str(self.find() or "") or None

    def program_file(self) -> str | None:
        """Return the program to start where the variable names one as well."""
        return os.environ.get(self.variable) or str(self.find() or "") or None


SERVERS = (
    Server("PostgreSQL", "TEST_DATABASE_URL", "postgresql", "initdb", postgres_folder),
    Server("Redis", "TEST_REDIS_URL", "redis-server", "redis-server", redis_program),
    Server("nginx", "TEST_NGINX", "nginx", "nginx", nginx_program, required=False),
    Server(
        "PgBouncer", "TEST_PGBOUNCER", "pgbouncer", "pgbouncer", pgbouncer_program, required=False
    ),
    Server(
        *("Prometheus", "TEST_PROMETHEUS", "prometheus", "prometheus", prometheus_program),
        required=False,
    ),
    # Of the same package.
    Server("promtool", "TEST_PROMTOOL", "prometheus", "promtool", promtool_program, required=False),
    Server(
        *("kubectl", "TEST_KUBECTL", "kubectl", "kubectl", kubectl_program),
        required=False,
        packaged=False,
    ),
    Server("wrk", "TEST_WRK", "wrk", "wrk", wrk_program, required=False),
    Server("buildah", "TEST_BUILDAH", "buildah", "buildah", buildah_program, required=False),
    Server("Chromium", "TEST_BROWSER", "chromium", "chromium", browser_program, required=False),
)


def absent(servers: tuple[Server, ...] = SERVERS) -> list[Server]:
    return [server for server in servers if not server.place()]


def ensure(
    servers: tuple[Server, ...], installers: tuple[Callable[[list[Server]], None], ...]
) -> None:
    """Try one installer after the other.

    Raises:
        SystemExit: a server is still missing.
    """
    for install in installers:
        if missing := absent(servers):
            install(missing)
    if missing := [server for server in absent(servers) if server.needed]:
        raise SystemExit(
            f"The suite needs real servers: {'; '.join(server.remedy for server in missing)}."
        )
    for server in servers:
        place = server.place() or f"MISSING, its tests will be skipped; {server.remedy}"
        print(f"{server.name}: {place}")


def install_packages(missing: list[Server]) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {' and '.join(server.name for server in missing)} with apt-get", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # One by one: a system that has not all of them shall have the others.
    installs = [["install", "--yes", "--no-install-recommends", each.package] for each in missing]
    for arguments in (["update"], *installs):
        subprocess.run(["apt-get", "-q", *arguments], env=environment, check=False)


def install_wheels(missing: list[Server]) -> None:
    if not any(server.required for server in missing):
        return
    print("Installing PostgreSQL and Redis as wheels", flush=True)
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "install", "--python", sys.executable, "--require-hashes"]
    subprocess.run([*command, "--requirement", str(WHEELS)], check=False)


if __name__ == "__main__":
    ensure(SERVERS, (install_packages, install_wheels))
