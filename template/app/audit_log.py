"""Records what happened to accounts and tenants: in the audit log, the process's log, the metrics."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.audit import EventName, SecurityEvent, report
from app.crud import audit_events, memberships
from app.db.after_commit import after_commit
from app.db.session import enter_tenant
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

    async def report_event() -> None:
        report(event, actor_id=actor_id, target_id=target_id)

    after_commit(session, report_event)
    if TENANT in session.info:
        await audit_events.create(
            session, event, actor_id=actor_id, target_id=target_id, details=details
        )


async def record_in_first_tenant(
    session: AsyncSession, event: SecurityEvent, user_id: UUID
) -> None:
    """Records what a user did without a session, in the tenant that they joined first."""
    tenant_id = await memberships.get_first_of(session, user_id)
    if tenant_id is not None:
        await enter_tenant(session, tenant_id)
    await record(session, event, actor_id=user_id)
