"""The files that workers count in: of each kind of series one for each worker's place."""

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from app.commands.running import refuse

KINDS = (
    "counter",
    "histogram",
    "summary",
    "gauge_livesum",
    "gauge_livemax",
    "gauge_livemostrecent",
)
# Room for some thousand series of each kind.
FILE_BYTES = 2**20


def make_folder() -> AbstractContextManager[str]:
    """Makes it anew at each start: it never has the counts of earlier processes."""
    try:
        return tempfile.TemporaryDirectory(prefix="metrics-", ignore_cleanup_errors=True)
    except OSError as exc:
        refuse([f"TMPDIR: workers need a folder to count in: {exc.strerror}"])
        raise


def reserve(folder: str, place: int) -> None:
    """Takes the room on the disk: the kernel kills a worker that writes where there is none.

    Raises:
        OSError: there is no room.
    """
    for kind in KINDS:
        with Path(folder, f"{kind}_{place}.db").open("ab") as file:
            file.write(bytes(max(0, FILE_BYTES - file.tell())))


def reserve_all(folder: str, workers: int) -> None:
    """Does so for all, or ends the command with one line."""
    try:
        for place in range(1, workers + 1):
            reserve(folder, place)
    except OSError as exc:
        needed = workers * len(KINDS) * FILE_BYTES // 2**20
        refuse([f"TMPDIR: workers need {needed} MiB to count in: {exc.strerror}"])
