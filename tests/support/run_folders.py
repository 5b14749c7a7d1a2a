"""Where a run keeps its files: in memory where it can, environments on the disk; nothing is left.

A person who wants to look at files afterwards sets TMPDIR.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

# Linux has it. Half of the time of an update went into making and removing files.
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is made as any other
# What a run needs, with room to spare.
MEMORY_BYTES = 4 * 2**30
# For the other workers. On the disk, where uv makes environments of links to what it has.
ENVIRONMENTS = "GROUNDWORK_ENVIRONMENTS"
NAME = "groundwork-run-"


def begin_run() -> None:
    os.environ[ENVIRONMENTS] = str(make_run_folder(Path(tempfile.gettempdir())))
    if "TMPDIR" not in os.environ and has_memory():
        os.environ["TMPDIR"] = tempfile.tempdir = str(make_run_folder(MEMORY))


def end_run() -> None:
    for folder in (Path(os.environ[ENVIRONMENTS]), Path(tempfile.gettempdir())):
        if folder.name == f"{NAME}{os.getpid()}":
            shutil.rmtree(folder, ignore_errors=True)


def make_run_folder(parent: Path) -> Path:
    """Make the folder of this process, and remove those of processes that were killed."""
    for folder in parent.glob(f"{NAME}*"):
        if not is_alive(int(folder.name.removeprefix(NAME))):
            shutil.rmtree(folder, ignore_errors=True)
    own = parent / f"{NAME}{os.getpid()}"
    own.mkdir(mode=0o755)
    return own


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def has_memory() -> bool:
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
