"""Whether the database has the tables and columns of the models: another tool makes them."""

from sqlalchemy import Table, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

import app.db.models  # noqa: F401 - fills the metadata
from app.db.base import Base

# Reads the catalog alone, so a statement that changes a table does not block it. SQLite's `table_info`
# leaves out generated columns.
_COLUMNS = {
    "postgresql": """
        SELECT nspname, relname, attname, pg_table_is_visible(pg_class.oid)
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relname IN :tables AND attnum > 0 AND NOT attisdropped
    """,
    "sqlite": """
        SELECT NULL, found.name, columns.name, true
        FROM sqlite_master AS found JOIN pragma_table_xinfo(found.name) AS columns
        WHERE found.name IN :tables
    """,
}


class MissingTablesError(Exception):
    """The models have tables or columns that the database lacks."""


async def find_missing(engine: AsyncEngine) -> list[str]:
    """Returns a sentence for each table and column of the models that the database lacks."""
    tables = Base.metadata.sorted_tables
    columns = text(_COLUMNS[engine.dialect.name]).bindparams(bindparam("tables", expanding=True))
    async with engine.connect() as connection:
        rows = await connection.execute(columns, {"tables": [table.name for table in tables]})
    found = set()
    for schema, table, column, is_visible in rows:
        found |= {(schema, table, column), (None if is_visible else schema, table, column)}
    return [sentence for table in tables for sentence in _missing_in(table, found)]


def _missing_in(table: Table, found: set[tuple[str | None, str, str]]) -> list[str]:
    names = [column.name for column in table.columns]
    missing = [name for name in names if (table.schema, table.name, name) not in found]
    if len(missing) == len(table.columns):
        return [f"The database has no table {table.fullname}"]
    return [f"The database has no column {table.fullname}.{name}" for name in missing]


class TablesCheck:
    """For readiness; a ping is one SELECT without a lock."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def ping(self) -> None:
        """Passes when nothing is missing; what is there besides does no harm.

        Raises:
            MissingTablesError: it names what is missing.
        """
        if missing := await find_missing(self._engine):
            raise MissingTablesError("; ".join(missing))
