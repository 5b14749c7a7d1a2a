"""Which constraint refused a row: not everything that is refused is a duplicate."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError

from app.core.errors import ConflictError


def violates(error: IntegrityError, constraint: UniqueConstraint) -> bool:
    """Whether another row has the values of the constraint."""
    # PostgreSQL names the constraint, SQLite its columns.
    name = getattr(error.driver_exception, "constraint_name", None)
    columns = ", ".join(str(column) for column in constraint.columns)
    return name == constraint.name or str(error.orig) == f"UNIQUE constraint failed: {columns}"


@contextmanager
def conflict_if_taken(constraint: UniqueConstraint, detail: str) -> Iterator[None]:
    """Makes a conflict of the refusal of a row whose values another one has; other errors pass.

    Raises:
        ConflictError: with this detail.
    """
    try:
        yield
    except IntegrityError as exc:
        if violates(exc, constraint):
            raise ConflictError(detail) from exc
        raise
