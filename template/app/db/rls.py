"""Row level security: PostgreSQL's policy on each table of tenants. SQLite has none."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, String, Uuid, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# Once a transaction has made the setting, it is '' for the next one, not null. In a subquery it is
# read once for a statement and not once for a row.
POLICY = """
CREATE POLICY tenant_isolation ON {}
USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
"""


class TenantSetting(FunctionElement[str]):
    """Says whose rows the rest of the transaction sees: a tenant's id, or null for none.

    It stands in the select list of a statement that reads no table under a policy: policies are
    evaluated while tables are read, and the select list after that. SQLite selects null instead.
    """

    type = String()
    inherit_cache = True

    def __init__(self, tenant_id: ColumnElement[UUID] | InstrumentedAttribute[UUID] | UUID | None):
        super().__init__(type_coerce(tenant_id, Uuid))


@compiles(TenantSetting)
def _select_nothing(*_: object, **__: Any) -> str:
    return "NULL"


@compiles(TenantSetting, "postgresql")
def _set_tenant(element: TenantSetting, compiler: SQLCompiler, **kwargs: Any) -> str:
    tenant_id = compiler.process(element.clauses, **kwargs)
    return f"set_config('app.tenant_id', coalesce(CAST({tenant_id} AS text), ''), true)"


def enable_rls(connection: Connection, table: str) -> None:
    """Hides the rows of other tenants, and refuses to write any: the table's owner, too."""
    execute_on(
        connection,
        table,
        "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
        POLICY,
    )


def execute_on(connection: Connection, table: str, *statements: str) -> None:
    """Executes statements, with the table's name in place of {}; on PostgreSQL only."""
    if connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.quote(table)
    for statement in statements:
        connection.exec_driver_sql(statement.format(name))
