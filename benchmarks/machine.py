"""What the system says about processes, and which core they run on; Linux says the most."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")


def cores() -> list[int]:
    """The cores that we may use, in order; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@contextmanager
def apart() -> Iterator[int | None]:
    """Keep everything but the servers off the first core, which is yielded for them."""
    available = cores()
    if len(available) < 2:
        yield None
        return
    os.sched_setaffinity(0, available[1:])
    try:
        yield available[0]
    finally:
        os.sched_setaffinity(0, available)


def pinned(command: list[str], core: int | None) -> list[str]:
    """Make the command that runs on one core."""
    if core is None or not shutil.which("taskset"):
        return command
    return ["taskset", "--cpu-list", str(core), *command]


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    children = [
        int(child)
        for listed in (PROC / str(pid) / "task").glob("*/children")
        for child in _read(listed).split()
    ]
    return [pid, *(each for child in children for each in tree(child))]


def cpu_seconds(pid: int) -> float | None:
    """What a process and all below it have used; None where the system does not say."""
    if not PROC.is_dir():
        return None
    ticks = 0
    for each in tree(pid):
        # The name, in parentheses, may hold anything.
        fields = _read(PROC / str(each) / "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float | None:
    """The memory of the largest process of a tree: of the worker, with one of them."""
    if not PROC.is_dir():
        return None
    pages = [
        int(size) for each in tree(pid) for size in _read(PROC / str(each) / "statm").split()[1:2]
    ]
    return max(pages, default=0) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _read(path: Path) -> str:
    """Threads and processes come and go while we look: one that has gone says nothing."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
