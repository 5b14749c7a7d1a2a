"""How revisions write the types of columns: as every database reads them, and without our code."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext

# What SQLite calls a type, where that is no name on PostgreSQL: a table that is dropped is read from
# the database of the revision's author, and its downgrade makes it again.
_PORTABLE = {
    "BLOB": "sa.LargeBinary()",
    "CHAR(32)": "sa.Uuid()",
    "DATE": "sa.Date()",
    "DATETIME": "sa.DateTime(timezone=True)",
    "DOUBLE": "sa.Double()",
    "JSON": "sa.JSON()",
    "TIME": "sa.Time()",
}


def render_type(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Returns how a type is written; False leaves it to Alembic.

    A decorator is written as the type that it decorates: a revision must not change with the code.
    Another type of the service's own is imported, and has to stay where it is.
    """
    if kind != "type":
        return False
    if isinstance(item, sa.TypeDecorator):
        return render._repr_type(item.impl_instance, context)
    module = type(item).__module__
    if not module.startswith("sqlalchemy."):
        context.imports.add(f"from {module} import {type(item).__name__}")
        return repr(item)
    if "=Text()" in repr(item):
        # Alembic writes the arguments of JSONB as they print.
        context.imports.add("from sqlalchemy import Text")
    # The one type of all databases whose name is not told from that of SQLite's.
    return False if type(item) is sa.JSON else _PORTABLE.get(_name(item), False)


def _name(item: Any) -> str:
    length = getattr(item, "length", None)
    return f"{type(item).__name__}({length})" if length else type(item).__name__
