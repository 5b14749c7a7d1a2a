from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.audit import SecurityEvent, report
from app.core.http.context import client_address, request_id
from app.core.http.pagination import Position
from app.crud import memberships
from app.crud.keyset import page
from app.db.after_commit import after_commit
from app.db.models.audit_event import AuditEvent
from app.db.session import enter_tenant
from app.db.tenancy import TENANT


async def list_page(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[AuditEvent]:
    """Returns a page of the tenant's events, newest first."""
    key = AuditEvent.created_at, AuditEvent.id
    statement = page(select(AuditEvent), *key, after=after, limit=limit, descending=True)
    return (await session.scalars(statement)).all()


async def create(
    session: AsyncSession,
    event: SecurityEvent,
    *,
    actor_id: UUID,
    target_id: UUID | None = None,
    **details: Any,
) -> None:
    """Writes an event into the tenant that the session acts for."""
    session.add(
        AuditEvent(
            event=event,
            actor_id=actor_id,
            target_id=target_id,
            address=client_address.get(),
            request_id=request_id.get(),
            details=details,
        )
    )
    await session.flush()


async def record(
    session: AsyncSession,
    event: SecurityEvent,
    *,
    actor_id: UUID,
    target_id: UUID | None = None,
    **details: Any,
) -> None:
    """Writes an event into the tenant, if the session acts for one; logs and counts it as well."""

    async def tell() -> None:
        report(event, actor_id=actor_id, target_id=target_id)

    after_commit(session, tell)
    if TENANT in session.info:
        await create(session, event, actor_id=actor_id, target_id=target_id, **details)


async def record_at_home(session: AsyncSession, event: SecurityEvent, user_id: UUID) -> None:
    """Records what a user did while signed in nowhere, in the tenant that they joined first."""
    home_id = await memberships.get_first_of(session, user_id)
    if home_id is not None:
        await enter_tenant(session, home_id)
    await record(session, event, actor_id=user_id)
