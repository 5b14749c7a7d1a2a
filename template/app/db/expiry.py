"""Rows that are good until a time, and are then purged."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity


class Expiring(Entity):
    """A row that `python -m app cleanup` deletes when its time is over: the team's tables, too.

    Until then it can still be found: statements that need a valid row compare the time.
    """

    __tablename__: Any
    expires_at: Mapped[datetime] = mapped_column(index=True)


def expiring_models() -> list[type[Expiring]]:
    """Returns the models of the service's tables that have such rows, by the tables' names."""
    models = {
        mapper.local_table: mapper.class_
        for mapper in Base.registry.mappers
        if mapper.inherits is None and issubclass(mapper.class_, Expiring)
    }
    tables = sorted(Base.metadata.tables.items())
    return [models[table] for _, table in tables if table in models]
