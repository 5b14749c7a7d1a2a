"""Prints what makes the platform's tables on PostgreSQL; nothing is connected to."""

import sys
from itertools import groupby
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import ExecutableDDLElement

from app.db.base import Base
from app.db.models import platform

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Recorder(MockConnection):
    """Takes statements in place of executing them."""

    def __init__(self) -> None:
        super().__init__(DIALECT, self.record)
        self.statements: list[str] = []

    def record(self, statement: ExecutableDDLElement, *_: Any, **__: Any) -> None:
        self.exec_driver_sql(str(statement.compile(dialect=DIALECT)))

    def exec_driver_sql(self, statement: str) -> None:
        lines = [line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines()]
        self.statements.append("\n".join(lines))


def is_index(statement: str) -> bool:
    return statement.startswith("CREATE INDEX")


if __name__ == "__main__":
    names = [getattr(platform, name).__tablename__ for name in platform.__all__]
    recorder = Recorder()
    tables = [Base.metadata.tables[name] for name in names]
    Base.metadata.create_all(recorder, tables, checkfirst=False)
    # The indexes of a table are a set.
    for indexes, group in groupby(recorder.statements, is_index):
        for statement in sorted(group) if indexes else group:
            sys.stdout.write(f"\n{statement};\n")
