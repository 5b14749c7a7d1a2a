"""Rows that count their changes, so that no client overwrites what it has not seen."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, Select, event
from sqlalchemy.orm import (
    Bundle,
    Mapped,
    Mapper,
    declared_attr,
    has_inherited_table,
    mapped_column,
)

from app.db.base import Entity


class Versioned(Entity):
    """A row with a version, from 1 on: every change that a session flushes adds one.

    If somebody else has changed the row since it was read, the flush raises StaleDataError, a
    conflict to the client. `update(Model)` does not count: it has to set `version` itself.
    """

    # A default of the database, so that a table that has rows can be given the column.
    version: Mapped[int] = mapped_column(server_default="1")

    @property
    def etag(self) -> str:
        """Names the version among those of all rows: a URL may show one row now and another later."""
        return f"{self.id}-{self.version}"

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {} if has_inherited_table(cls) else {"version_id_col": cls.version}


class _Etag(Bundle[str]):
    def create_row_processor(
        self, query: Select[Any], procs: Sequence[Callable[[Row[Any]], Any]], labels: Sequence[str]
    ) -> Callable[[Row[Any]], str]:
        row_id, version = procs
        return lambda row: f"{row_id(row)}-{version(row)}"


def etag_of(model: type[Versioned]) -> Bundle[str]:
    """Selects the `etag` among columns: `select(Item.id, etag_of(Item), Item.name)`."""
    return _Etag("etag", model.id, model.version)


@event.listens_for(Versioned, "after_mapper_constructed", propagate=True)
def _require_count(mapper: Mapper[Any], model: type[Versioned]) -> None:
    if mapper.version_id_col is None:
        raise TypeError(f"{model.__name__} has __mapper_args__ of its own, without version_id_col")
