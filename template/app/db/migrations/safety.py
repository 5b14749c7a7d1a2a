"""Refuses, on PostgreSQL, what would get in the way of the service that runs meanwhile.

A revision is judged alike in production and on an empty database, so that CI says it first. Tables
that it makes itself it may treat as it likes; elsewhere its `safe_because` lets it do anything.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropTable

from app.db.migrations.unsafe_operations import unsafe_reason


class UnsafeMigrationError(CommandError):
    """A revision neither does something in the way that a running service bears, nor says why."""


def guard_upgrades(connection: Connection, script: ScriptDirectory) -> None:
    """Has every statement of an upgrade looked at before the database gets it.

    Not those of downgrades, which by their nature take away what somebody may be using.
    """
    if connection.dialect.name != "postgresql":
        return
    for revision in script.walk_revisions():
        module: Any = revision.module
        if not getattr(module, "safe_because", ""):
            module.upgrade = _guarded(module.upgrade, connection, revision.revision)


def _guarded(upgrade: Callable[[], None], connection: Connection, name: str) -> Callable[[], None]:
    made = set()

    def check(_: Connection, statement: Any, *__: Any) -> None:
        if isinstance(statement, CreateTable):
            made.add(statement.element.name)
        reason = unsafe_reason(statement)
        if reason and _table(statement) not in made:
            raise UnsafeMigrationError(
                f"Revision {name}, table {_table(statement)}: {reason}"
                ' If it does no harm here, say so in the revision: safe_because = "...".'
            )

    @wraps(upgrade)
    def run() -> None:
        event.listen(connection, "before_execute", check)
        try:
            upgrade()
        finally:
            event.remove(connection, "before_execute", check)

    return run


def _table(statement: Any) -> str:
    if isinstance(statement, DropTable):
        return str(statement.element.name)
    if isinstance(statement, CreateIndex | AddConstraint):
        return str(statement.element.table)
    return str(statement.table_name)
