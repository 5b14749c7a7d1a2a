from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.context import client_address, request_id, request_id_from_client
from app.core.http.pagination import Position
from app.crud.keyset import Rows, fetch_page
from app.db.models.audit_event import AuditEvent

_LISTED = select(
    AuditEvent.id,
    AuditEvent.created_at,
    AuditEvent.event,
    AuditEvent.actor_id,
    AuditEvent.target_id,
    AuditEvent.address,
    AuditEvent.request_id,
    AuditEvent.request_id_from_client,
    AuditEvent.details,
)


async def list_page(session: AsyncSession, *, after: Position | None, limit: int) -> Rows:
    """Returns a page of the tenant's events, newest first."""
    key = AuditEvent.created_at, AuditEvent.id
    return await fetch_page(session, _LISTED, *key, after=after, limit=limit, descending=True)


async def create(
    session: AsyncSession,
    event: str,
    *,
    actor_id: UUID | None,
    target_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Writes an event into the session's tenant."""
    session.add(
        AuditEvent(
            event=event,
            actor_id=actor_id,
            target_id=target_id,
            address=client_address.get(),
            request_id=request_id.get(),
            request_id_from_client=request_id_from_client.get(),
            details=details or {},
        )
    )
    await session.flush()
