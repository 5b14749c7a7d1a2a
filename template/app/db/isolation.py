"""Keeps sessions to the rows of their tenant, whatever database they talk to."""

import re
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    TableClause,
    TextClause,
    event,
    false,
    inspect,
    select,
)
from sqlalchemy.orm import (
    Mapper,
    ORMExecuteState,
    Session,
    SessionTransaction,
    object_session,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from app.db.ownership import OwnedSession
from app.db.rls import TenantSetting
from app.db.tenancy import (
    TENANT,
    IsolationError,
    TenantNotSetError,
    TenantScoped,
    scoped_tables,
)

# The tenants whose criterion is kept.
MAX_CRITERIA = 1024


class TenantSession(OwnedSession):
    """A session that sees and writes the rows of one tenant: of that in `bind_tenant`, or of none.

    What cannot be narrowed down is refused: text and Core statements on a table of tenants,
    inserts, and updates by primary key. `execution_options(cross_tenant=True)` lets a statement
    pass; on PostgreSQL the policy of the table holds even then.
    """


@event.listens_for(TenantSession, "do_orm_execute")
def _narrow_down(state: ORMExecuteState) -> None:
    if state.execution_options.get("cross_tenant"):
        return
    # Attributes that are loaded later may come from a statement of SQLAlchemy's own.
    is_given = state.is_from_statement and not state.is_column_load
    if is_given or not state.is_orm_statement:
        refuse_scoped_tables(state.statement)
    if not state.is_orm_statement:
        return
    mapper = state.bind_mapper
    if mapper is not None and issubclass(mapper.class_, TenantScoped):
        _check(state)
    # Loads of relationships too: a row that was added here and never selected has no criterion to
    # hand on to them.
    criterion = _criterion_of(state.session.info.get(TENANT))
    state.statement = state.statement.options(criterion)


# Kept for all sessions of a tenant: SQLAlchemy takes some time to make one.
@lru_cache(MAX_CRITERIA)
def _criterion_of(tenant_id: UUID | None) -> Any:
    if tenant_id is None:
        return with_loader_criteria(TenantScoped, lambda _: false(), include_aliases=True)
    return with_loader_criteria(
        TenantScoped, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
    )


def refuse_scoped_tables(statement: Any) -> None:
    """Raises IsolationError for a statement in which a table of tenants is named."""
    scoped = {table.name.lower() for table in scoped_tables()}
    for element in visitors.iterate(statement):
        is_text = isinstance(element, TextClause) or getattr(element, "is_literal", False)
        if is_text or isinstance(element, TableClause):
            named = scoped.intersection(re.findall(r"\w+", str(element).lower()))
            if named:
                raise IsolationError(f"no criterion narrows this down: {', '.join(sorted(named))}")


def _check(state: ORMExecuteState) -> None:
    """Refuses what no criterion narrows down."""
    if TENANT not in state.session.info:
        raise TenantNotSetError(f"{state.bind_mapper} is for sessions that act in a tenant")
    if state.is_insert:
        raise IsolationError("insert rows of tenants with session.add()")
    if state.is_update and (state.is_executemany or _sets_tenant(state)):
        raise IsolationError("update rows of tenants one by one, or with a where clause")


def _sets_tenant(state: ORMExecuteState) -> bool:
    # An update's own columns are those that it sets and those that it returns.
    statement: Any = state.statement
    named = {child.name for child in statement.get_children() if isinstance(child, Column)}
    return TENANT in named.union(state.parameters or ())


@event.listens_for(TenantScoped, "before_insert", propagate=True)
@event.listens_for(TenantScoped, "before_update", propagate=True)
@event.listens_for(TenantScoped, "before_delete", propagate=True)
def _keep_to_tenant(_: Mapper[Any], __: Connection, row: TenantScoped) -> None:
    """Puts a new row into the tenant, and refuses to write one of another.

    Here and not before the flush, which still copies keys from the objects that a row refers to.
    """
    session = object_session(row)
    tenant_id = session.info.get(TENANT) if session else None
    if tenant_id is None:
        raise TenantNotSetError(f"a {type(row).__name__} is written by a session without a tenant")
    if row.tenant_id is None:
        row.tenant_id = tenant_id
    was_in = inspect(row).attrs.tenant_id.history.deleted
    if {row.tenant_id, *was_in} != {tenant_id}:
        raise IsolationError(f"this {type(row).__name__} is of another tenant")


@event.listens_for(TenantSession, "after_begin")
def _tell_database(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    """Narrows down a transaction that begins when the tenant is known: not a request's first."""
    tenant_id = session.info.get(TENANT)
    is_postgresql = connection.dialect.name == "postgresql"
    if tenant_id is not None and is_postgresql and not transaction.nested:
        connection.execute(select(TenantSetting(tenant_id)))
