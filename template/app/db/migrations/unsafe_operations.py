"""What a statement does to a table that has rows and is in use, and what to write in its place."""

import re
from functools import singledispatch
from typing import Any

from alembic.ddl.base import AddColumn, ColumnName, ColumnNullable, DropColumn, RenameTable
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, String
from sqlalchemy.schema import AddConstraint, CreateIndex, DropTable
from sqlalchemy.types import TypeEngine

# Computed for each row, unlike a constant or the time of the transaction.
COMPUTED = re.compile(r"\b(?!(cast|now)\b)\w+\(", re.IGNORECASE)


@singledispatch
def unsafe_reason(_: Any) -> str | None:
    """Returns what speaks against a statement, None if nothing does."""
    return None


@unsafe_reason.register
def _add_column(statement: AddColumn) -> str | None:
    column = statement.column
    default: Any = column.server_default
    if default is None and not column.nullable:
        return (
            f"neither its rows nor those that the running release adds have a value for"
            f" {column.name}, which is NOT NULL. Give it a server_default. Or let it be null, fill"
            " it, and make it NOT NULL in a later release."
        )
    if default is not None and not _is_constant(default):
        return (
            f"nobody can read it while it is written anew, because the default of {column.name} is"
            " computed for each row. Add the column without it, set it after that, and fill the"
            " column in batches."
        )
    return None


def _is_constant(default: Any) -> bool:
    # Generated columns and identities have no argument, and plain text is quoted.
    value = getattr(default, "arg", None)
    return isinstance(value, str) or (value is not None and not COMPUTED.search(str(value)))


@unsafe_reason.register
def _create_index(statement: CreateIndex) -> str | None:
    if statement.element.dialect_options["postgresql"]["concurrently"]:
        return None
    return (
        f"nobody can write to it while {statement.element.name} is built. In a revision of its own,"
        " op.create_index_concurrently takes the same arguments."
    )


@unsafe_reason.register
def _add_constraint(statement: AddConstraint) -> str | None:
    constraint = statement.element
    if not isinstance(constraint, CheckConstraint | ForeignKeyConstraint):
        return (
            f"nobody can read it while the index of {constraint.name} is built. Make it a unique"
            " index: Index(..., unique=True) in the model and, in a revision of its own,"
            " op.create_index_concurrently(..., unique=True)."
        )
    if constraint.dialect_options["postgresql"]["not_valid"]:
        return None
    return (
        f"nobody can write to it while its rows are checked against {constraint.name}. Add it with"
        " postgresql_not_valid=True, and op.validate_constraint in a later revision."
    )


@unsafe_reason.register
def _set_nullable(statement: ColumnNullable) -> str | None:
    if statement.nullable:
        return None
    column = statement.column_name
    return (
        f"nobody can read it while it is searched for rows without {column}. First add a check"
        f' "{column} IS NOT NULL" with postgresql_not_valid=True, and op.validate_constraint in a'
        " later revision: after that PostgreSQL does not search."
    )


@unsafe_reason.register
def _set_type(statement: PostgresqlColumnType) -> str | None:
    if not statement.using and _is_longer(statement.existing_type, statement.type_):
        return None
    return (
        f"nobody can read it while {statement.column_name} is written anew. Add a column of the new"
        " type, write both, fill it, and drop the old one in a later release. Only a text may grow,"
        " and says so by existing_type."
    )


def _is_longer(old: TypeEngine[Any] | None, new: TypeEngine[Any]) -> bool:
    if not isinstance(old, String) or not isinstance(new, String):
        return False
    if getattr(old, "native_enum", False) or getattr(new, "native_enum", False):
        return False
    return new.length is None or (old.length is not None and old.length <= new.length)


@unsafe_reason.register(DropTable)
@unsafe_reason.register(DropColumn)
def _drop(_: DropTable | DropColumn) -> str | None:
    return (
        "the release that serves until the new one does may use what is dropped. Drop what the"
        " release before this one no longer uses."
    )


@unsafe_reason.register(RenameTable)
@unsafe_reason.register(ColumnName)
def _rename(_: RenameTable | ColumnName) -> str | None:
    return (
        "the release that serves until the new one does knows the old name. Change it in the code"
        ' alone: mapped_column("old_name").'
    )
