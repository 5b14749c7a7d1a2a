"""Rows that count their changes, so that nobody overwrites what they have not seen."""

from typing import Any

from sqlalchemy.orm import Mapped, declared_attr, mapped_column


class Versioned:
    """A row with a version, from 1 on: every change that a session flushes adds one.

    If somebody else has changed the row since it was read, the flush raises StaleDataError, a
    conflict to the client. `update(Model)` does not count: it has to set `version` itself.
    """

    # A default of the database, so that a table that has rows can be given the column.
    version: Mapped[int] = mapped_column(server_default="1")

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}
