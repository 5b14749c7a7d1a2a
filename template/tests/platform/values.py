"""Rows of tables, made up by the types of their columns."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Enum, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.db.base import now
from app.db.tenancy import TENANT
from tests.samples import samples

Rows = dict[str, dict[str, Any]]
VALUES: dict[type, Any] = {
    bool: True,
    bytes: b"sample",
    date: now().date(),
    datetime: now() + timedelta(days=1),  # for what expires
    Decimal: Decimal(1),
    float: 1.0,
    int: 1,
    list: [],
    # JSON
    object: {},
    timedelta: timedelta(days=1),
}


def make_row(table: Table, rows: Rows, *, is_full: bool = False) -> dict[str, Any]:
    """Adds a row of a table to those that it may refer to: with all columns, or the fewest.

    What `rows` has of it already stays.
    """
    row = rows[table.name] = {**samples.rows.get(table.name, {}), **rows.get(table.name, {})}
    for column in table.columns:
        if column.name not in row and (is_full or not column.nullable):
            row[column.name] = _make_value(column, rows)
    return row


def _make_value(column: Column[Any], rows: Rows) -> Any:
    if column.name == TENANT:
        return rows["tenants"]["id"]
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    return value_of(column.type)


def value_of(kind: TypeEngine[Any]) -> Any:
    """Returns a value that a column of this type takes, ids and texts a new one each time.

    Raises:
        KeyError: it cannot be made up; tests/samples.py may name one.
    """
    if isinstance(kind, TypeDecorator):
        return value_of(kind.impl_instance)
    if isinstance(kind, Enum):
        return kind.enums[0]
    new = {UUID: uuid4(), str: uuid4().hex[:8]}
    return {**VALUES, **new}[kind.python_type]
