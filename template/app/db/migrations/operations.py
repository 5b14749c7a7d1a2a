"""What revisions say about tenants: `op.enable_tenant_rls` and the others of docs/schema.md."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, MigrationScript, Operations
from alembic.operations.ops import CreateTableOp

from app.db.rls import enable_rls, execute_on
from app.db.tenancy import TENANT, scoped_tables


@Operations.register_operation("enable_tenant_rls")
class EnableTenantRls(MigrateOperation):
    """Puts the policy on a table: its rows are those of the transaction's tenant alone."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def enable_tenant_rls(cls, operations: Operations, table: str) -> None:
        enable_rls(operations.get_bind(), table)

    def to_diff_tuple(self) -> tuple[str, str]:
        """Says what is missing, for `alembic check`."""
        return "enable_tenant_rls", self.table


@Operations.register_operation("disable_tenant_rls")
class DisableTenantRls:
    """Takes the policy off a table. Dropping a table takes it along."""

    @classmethod
    def disable_tenant_rls(cls, operations: Operations, table: str) -> None:
        execute_on(
            operations.get_bind(),
            table,
            "DROP POLICY tenant_isolation ON {}",
            "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
        )


@Operations.register_operation("all_tenants")
class AllTenants:
    """A block that reaches the rows of all tenants: for a backfill, or for a new foreign key."""

    @classmethod
    def all_tenants(cls, operations: Operations, *tables: str) -> AbstractContextManager[None]:
        return _exempting_owner(operations, tables)


@contextmanager
def _exempting_owner(operations: Operations, tables: tuple[str, ...]) -> Iterator[None]:
    connection = operations.get_bind()
    for table in tables:
        execute_on(connection, table, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY")
    # After an error the whole transaction is rolled back, this too.
    yield
    for table in tables:
        execute_on(connection, table, "ALTER TABLE {} FORCE ROW LEVEL SECURITY")


@renderers.dispatch_for(EnableTenantRls)
def _render(_: AutogenContext, operation: EnableTenantRls) -> str:
    return f"op.enable_tenant_rls({operation.table!r})"


def isolate_new_tables(script: MigrationScript) -> None:
    """Adds the policy after each table of tenants that a new revision makes, or makes again."""
    for container in (*script.upgrade_ops_list, *script.downgrade_ops_list):
        for place, operation in reversed(list(enumerate(container.ops))):
            if isinstance(operation, CreateTableOp) and _is_scoped(operation):
                container.ops.insert(place + 1, EnableTenantRls(operation.table_name))


def _is_scoped(operation: CreateTableOp) -> bool:
    # A downgrade makes tables that the models no longer know: those of tenants begin their key so.
    key = operation.to_table().primary_key.columns.keys()
    return operation.table_name in {table.name for table in scoped_tables()} or key[:1] == [TENANT]
