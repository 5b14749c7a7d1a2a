"""What revisions do to a table that is in use: no request has to wait until they are done."""

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations

from app.db.rls import execute_on


@Operations.register_operation("create_index_concurrently")
class CreateIndexConcurrently:
    """Builds an index, anew if an earlier attempt has left a wreck of it.

    In a revision of its own: what that has done before is committed, whatever comes of the index.
    """

    @classmethod
    def create_index_concurrently(
        cls, operations: Operations, name: str, table: str, columns: Sequence[str], **options: Any
    ) -> None:
        connection = operations.get_bind()
        with operations.get_context().autocommit_block():
            # It waits for every running transaction, but none waits for it.
            execute_on(connection, table, "SET lock_timeout = 0")
            operations.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            operations.create_index(name, table, columns, postgresql_concurrently=True, **options)
            execute_on(connection, table, "RESET lock_timeout")


@Operations.register_operation("validate_constraint")
class ValidateConstraint:
    """Checks the rows that were there before a constraint with `postgresql_not_valid`."""

    @classmethod
    def validate_constraint(cls, operations: Operations, table: str, name: str) -> None:
        connection = operations.get_bind()
        constraint = connection.dialect.identifier_preparer.quote(name)
        execute_on(connection, table, "ALTER TABLE {} VALIDATE CONSTRAINT " + constraint)
