"""Values of columns, made up by their types."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Enum
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.db.base import now

VALUES: dict[type, Any] = {
    bool: True,
    bytes: b"sample",
    date: now().date(),
    datetime: now(),
    Decimal: Decimal(1),
    float: 1.0,
    int: 1,
    list: [],
    # JSON
    object: {},
    timedelta: timedelta(days=1),
}


def value_of(kind: TypeEngine[Any]) -> Any:
    """Returns a value that a column of this type takes, ids and texts a new one each time.

    Raises:
        KeyError: it cannot be made up; tests/samples.py may name one.
    """
    if isinstance(kind, TypeDecorator):
        return value_of(kind.impl_instance)
    if isinstance(kind, Enum):
        return kind.enums[0]
    if kind.python_type is UUID:
        return uuid4()
    if kind.python_type is str:
        return uuid4().hex[:8]
    return VALUES[kind.python_type]
