"""What an upgrade may do to a table that is in use. No database gets these statements."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app.db.migrations.unsafe_operations import unsafe_reason

Work = Callable[[Operations], Any]


def column(*args: Any, **kwargs: Any) -> Work:
    return lambda op: op.add_column("orders", sa.Column("note", *args, **kwargs))


def change(**kwargs: Any) -> Work:
    return lambda op: op.alter_column("orders", "note", **kwargs)


def not_valid(**kwargs: Any) -> Work:
    key = ["tenant_id", "order_id"], ["tenant_id", "id"]
    return lambda op: op.create_foreign_key("fk", "orders", "orders", *key, **kwargs)


REFUSED: dict[str, tuple[Work, str]] = {
    "a column without a value": (column(sa.String(), nullable=False), "Give it a server_default"),
    "a computed default": (
        column(sa.Uuid(), server_default=sa.text("gen_random_uuid()")),
        "fill the column in batches",
    ),
    "a generated column": (
        column(sa.Integer(), sa.Computed("1 + 1")),
        "fill the column in batches",
    ),
    "a column with a foreign key": (
        column(sa.Uuid(), sa.ForeignKey("users.id")),
        "postgresql_not_valid=True",
    ),
    "an index": (lambda op: op.create_index("ix", "orders", ["note"]), "create_index_concurrently"),
    "an index in a batch": (
        lambda op: in_batch(op, lambda orders: orders.create_index("ix", ["note"])),
        "create_index_concurrently",
    ),
    "a unique constraint": (
        lambda op: op.create_unique_constraint("uq", "orders", ["note"]),
        "create_index_concurrently(..., unique=True)",
    ),
    "a primary key": (
        lambda op: op.create_primary_key("pk", "orders", ["id"]),
        "create_index_concurrently(..., unique=True)",
    ),
    "a foreign key": (not_valid(), "postgresql_not_valid=True"),
    "a check": (
        lambda op: op.create_check_constraint("ck", "orders", "note > ''"),
        "postgresql_not_valid=True",
    ),
    "not null": (change(nullable=False), 'First add a check "note IS NOT NULL"'),
    "another type": (
        change(type_=sa.Integer(), existing_type=sa.String(20)),
        "Add a column of the new type",
    ),
    "a shorter text": (
        change(type_=sa.String(10), existing_type=sa.String(20)),
        "Add a column of the new type",
    ),
    "a text of unknown length": (change(type_=sa.String(10)), "says so by existing_type"),
    "a dropped column": (
        lambda op: op.drop_column("orders", "note"),
        "the release before this one",
    ),
    "a dropped table": (lambda op: op.drop_table("orders"), "the release before this one"),
    "a renamed column": (change(new_column_name="text"), 'mapped_column("old_name")'),
    "a renamed table": (lambda op: op.rename_table("orders", "sales"), "knows the old name"),
}
ALLOWED: dict[str, Work] = {
    "a column that may be null": column(sa.String()),
    "a column with a constant": column(sa.String(), nullable=False, server_default="now(x)"),
    "a column with the time": column(sa.DateTime(), nullable=False, server_default=sa.func.now()),
    "a column with a number": column(sa.Integer(), nullable=False, server_default=sa.text("0")),
    "a column with a word": column(sa.Boolean(), nullable=False, server_default=sa.false()),
    "an index that lets others write": lambda op: op.create_index(
        "ix", "orders", ["note"], postgresql_concurrently=True
    ),
    "a foreign key for new rows": not_valid(postgresql_not_valid=True),
    "a check of new rows": lambda op: op.create_check_constraint(
        "ck", "orders", "note > ''", postgresql_not_valid=True
    ),
    "null": change(nullable=True),
    "another default": change(server_default=sa.text("gen_random_uuid()")),
    "a longer text": change(type_=sa.String(30), existing_type=sa.String(20)),
    "a text without an end": change(type_=sa.Text(), existing_type=sa.String(20)),
    "a new table": lambda op: op.create_table("notes", sa.Column("id", sa.Uuid())),
    "a dropped index": lambda op: op.drop_index("ix", "orders"),
    "a dropped constraint": lambda op: op.drop_constraint("ck", "orders"),
    "text": lambda op: op.execute("UPDATE orders SET note = ''"),
}


def in_batch(op: Operations, work: Callable[[Any], Any]) -> None:
    with op.batch_alter_table("orders") as orders:
        work(orders)


def objections(work: Work) -> list[str]:
    """Returns what speaks against the statements that PostgreSQL would get."""
    statements: list[Any] = []
    engine: Any = sa.create_mock_engine(
        "postgresql+asyncpg://", lambda statement, *_: statements.append(statement)
    )
    work(Operations(MigrationContext.configure(connection=engine)))
    assert statements
    return [found for found in map(unsafe_reason, statements) if found]


@pytest.mark.parametrize(("work", "advice"), REFUSED.values(), ids=REFUSED)
def test_operations_that_stop_or_break_a_service_are_refused(work: Work, advice: str) -> None:
    [found] = objections(work)

    assert advice in found


@pytest.mark.parametrize("work", ALLOWED.values(), ids=ALLOWED)
def test_safe_operations_are_allowed(work: Work) -> None:
    assert objections(work) == []
