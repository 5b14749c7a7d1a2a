"""What all workers share: each thing is made once, by the first that needs it; the others wait."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def once(place: Path, make: Callable[[Path], object]) -> Path:
    """Return the folder after making it, unless somebody has made it already."""
    place.parent.mkdir(parents=True, exist_ok=True)
    made = place.with_name(f"{place.name}.made")
    with locked(place.with_name(f"{place.name}.lock")):
        if not made.exists():
            # Somebody may have failed halfway.
            shutil.rmtree(place, ignore_errors=True)
            make(place)
            made.touch()
    return place


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out; the system lets go of the lock of one that is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
