"""How long a start takes until the first 200, and how much memory a server takes that is idle."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.machine import resident_mib
from benchmarks.targets import Launch, started
from tests.support.rendering import clean_environment

STARTS = 5
# All that `serve` imports, the application's lifespan included, without what is the service's own.
LIST_MODULES = """
import asyncio, sys
import app.__main__
from app.main import create_app

async def list_modules():
    application = create_app()
    async with application.router.lifespan_context(application):
        print(*(name for name in sys.modules if name.partition(".")[0] not in ("app", "__main__")))

asyncio.run(list_modules())
"""


@dataclass(frozen=True)
class Start:
    seconds: float
    mib: float | None


Starts = Mapping[str, Sequence[Start]]


def measure_starts(launches: Mapping[str, Launch], scratch: Path) -> Starts:
    """Start each server in turn, some times; the first time, which compiles it, does not count."""
    found: dict[str, list[Start]] = {name: [] for name in launches}
    for number in range(STARTS + 1):
        for name, launch in launches.items():
            with started(launch, scratch / f"start-{name}.log") as server:
                if number:
                    start = Start(server.start_seconds, resident_mib(server.process.pid))
                    found[name].append(start)
    return found


def with_imports_of(bare: Launch, service: Launch, scratch: Path) -> Launch:
    """Let the bare app import what a service does."""
    done = subprocess.run(
        [".venv/bin/python", "-c", LIST_MODULES],
        cwd=service.folder,
        env=clean_environment() | dict(service.environment),
        check=True,
        capture_output=True,
        text=True,
    )
    listed = scratch / "modules"
    listed.write_text(done.stdout)
    return replace(bare, environment={**bare.environment, "ALSO_IMPORT": str(listed)})


def idle_mib(starts: Sequence[Start]) -> float | None:
    sizes = [start.mib for start in starts if start.mib]
    return median(sizes) if sizes else None
