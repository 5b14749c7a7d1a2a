"""Records what happened to accounts and tenants: in the audit log, the process's log, the metrics."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.audit import EventName, SecurityEvent, report
from app.crud import audit_events, memberships
from app.db.after_commit import after_commit
from app.db.savepoints import savepoint
from app.db.session import enter_tenant, within_tenant
from app.db.tenancy import TENANT


async def record(
    session: AsyncSession,
    event: EventName,
    *,
    actor_id: UUID,
    target_id: UUID | None = None,
    **details: Any,
) -> None:
    """Writes the event into the session's tenant, if it has one; once committed, reports it."""
    after_commit(session, partial(_report, event, actor_id, target_id))
    if TENANT in session.info:
        await audit_events.create(
            session, event, actor_id=actor_id, target_id=target_id, details=details
        )


async def record_in_tenants_of(
    session: AsyncSession, event: EventName, user_id: UUID, *, actor_id: UUID | None
) -> None:
    """Records what happened to a user in all tenants of theirs; without an actor, unreported.

    It takes effect there, and their owners are to see it.
    """
    for tenant_id in await memberships.list_tenant_ids_of(session, user_id):
        async with within_tenant(session, tenant_id) as other:
            await audit_events.create(other, event, actor_id=actor_id, target_id=user_id)
    if actor_id is not None:
        after_commit(session, partial(_report, event, actor_id, user_id))


async def record_in_first_tenant(
    session: AsyncSession, event: SecurityEvent, user_id: UUID | None
) -> None:
    """Records what a user did without a session, in the tenant that they joined first.

    The statements are the same without a user or a tenant: so their time does not tell that there is none.
    """
    tenant_id = await memberships.get_first_of(session, user_id or uuid4())
    await enter_tenant(session, tenant_id or uuid4())
    async with savepoint(session, keeps=tenant_id is not None):
        await audit_events.create(session, event, actor_id=user_id or uuid4())
    if user_id is not None:
        after_commit(session, partial(_report, event, user_id))


async def _report(event: EventName, actor_id: UUID, target_id: UUID | None = None) -> None:
    report(event, actor_id=actor_id, target_id=target_id)
