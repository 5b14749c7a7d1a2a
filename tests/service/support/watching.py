"""What goes to the database while tests watch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, Select, event
from sqlalchemy.engine.interfaces import CacheStats
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
class Work:
    """How many statements were built, and how many of those that were sent were written anew."""

    built: int = 0
    written: int = 0


@contextmanager
def watch_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    seen = Work()
    build = Select.__init__

    def note_built(self: Any, *arguments: Any, **options: Any) -> None:
        seen.built += 1
        build(self, *arguments, **options)

    def note_written(*arguments: Any) -> None:
        context = arguments[4]
        seen.written += bool(context.compiled) and context.cache_hit is not CacheStats.CACHE_HIT

    event.listen(Engine, "before_cursor_execute", note_written)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Select, "__init__", note_built)
            yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note_written)


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
