from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.context import client_address, request_id, request_id_from_client
from app.core.http.pagination import Position
from app.crud.keyset import page
from app.db.models.audit_event import AuditEvent


async def list_page(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[AuditEvent]:
    """Returns a page of the tenant's events, newest first."""
    key = AuditEvent.created_at, AuditEvent.id
    statement = page(select(AuditEvent), *key, after=after, limit=limit, descending=True)
    return (await session.scalars(statement)).all()


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
