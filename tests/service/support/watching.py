"""What goes to the database while tests watch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool


@contextmanager
def watch_statements() -> Iterator[list[str]]:
    """Collects the SQL that goes to the database."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@dataclass
class Connections:
    """How many were taken from a pool, and how many of them are not back yet."""

    taken: int = 0
    held: int = 0


@contextmanager
def watch_connections() -> Iterator[Connections]:
    seen = Connections()

    def take(*_: object) -> None:
        seen.taken += 1
        seen.held += 1

    def give_back(*_: object) -> None:
        seen.held -= 1

    event.listen(Pool, "checkout", take)
    event.listen(Pool, "checkin", give_back)
    try:
        yield seen
    finally:
        event.remove(Pool, "checkout", take)
        event.remove(Pool, "checkin", give_back)
