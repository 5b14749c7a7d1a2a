import os

from prometheus_client import values

# The place of a worker among those of its supervisor, which the next one in that place takes over: it
# goes on counting in the same files. Taken out, so that a program that a worker starts counts for itself.
_place = os.environ.pop("WORKER_PLACE", None)
_worker = os.getpid()


def _name_of_files() -> str:
    return str(_place if os.getpid() == _worker else os.getpid())


if _place:
    # Read when a series is made, so before the first.
    values.ValueClass = values.MultiProcessValue(_name_of_files)  # type: ignore[no-untyped-call] # has none
