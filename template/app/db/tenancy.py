"""Tables whose rows belong to tenants, and the tenant that a session acts in."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, ForeignKey, Table, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.rls import enable_rls

# What a session's `info` holds once it acts in a tenant.
TENANT = "tenant_id"


class TenantNotSetError(Exception):
    """A session without a tenant used a table of tenants."""


class IsolationError(Exception):
    """A statement or an object would have reached the rows of another tenant."""


class TenantScoped:
    """A row that belongs to a tenant: sessions of other tenants neither see it nor write it.

    The tenant comes first in the primary key, so that a foreign key to such a table can name both
    columns, and a row never refers to one of another tenant.
    """

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True, sort_order=-1
    )


def scoped_tables() -> set[Table]:
    mappers = Base.registry.mappers
    tables = [mapper.local_table for mapper in mappers if issubclass(mapper.class_, TenantScoped)]
    return {table for table in tables if isinstance(table, Table)}


@event.listens_for(Table, "after_create")
def _isolate(table: Table, connection: Connection, **_: Any) -> None:
    """Puts the policy on a table that the models make, as in tests."""
    if table in scoped_tables():
        enable_rls(connection, table.name)


def bind_tenant(session: AsyncSession | Session, tenant_id: UUID | None) -> None:
    """Says whose rows the session sees and writes, once and for all; None leaves it without any.

    It only takes a note. The database learns of it with the next transaction, unless a statement
    with `TenantSetting` has told it already.

    Raises:
        IsolationError: if the session acts in another tenant already.
    """
    if tenant_id is None:
        return
    if session.info.setdefault(TENANT, tenant_id) != tenant_id:
        raise IsolationError("a session acts in one tenant: open another one")
