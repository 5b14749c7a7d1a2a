"""Rows that count their changes, so that no client overwrites what it has not seen."""

from typing import Any

from sqlalchemy import ColumnElement, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Mapper, declared_attr, has_inherited_table, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

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


class _Etag(FunctionElement[str]):
    type = String()
    inherit_cache = True


@compiles(_Etag)
def _join(element: _Etag, compiler: SQLCompiler, **kwargs: Any) -> str:
    row_id, version = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"CAST({row_id} AS text) || '-' || CAST({version} AS text)"


@compiles(_Etag, "sqlite")
def _join_parts(element: _Etag, compiler: SQLCompiler, **kwargs: Any) -> str:
    """SQLite has ids without dashes."""
    row_id, version = (compiler.process(each, **kwargs) for each in element.clauses)
    places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    parts = [f"substr({row_id}, {start}, {length})" for start, length in places]
    return " || '-' || ".join([*parts, version])


def etag_of(model: type[Versioned]) -> ColumnElement[str]:
    """Selects the `etag` among columns: `select(Item.id, etag_of(Item), Item.name)`."""
    return _Etag(model.id, model.version).label("etag")


@event.listens_for(Versioned, "after_mapper_constructed", propagate=True)
def _require_count(mapper: Mapper[Any], model: type[Versioned]) -> None:
    if mapper.version_id_col is None:
        raise TypeError(f"{model.__name__} has __mapper_args__ of its own, without version_id_col")
