"""How tests read audit events."""

from uuid import UUID

from sqlalchemy import select

from app.db.models.audit_event import AuditEvent
from app.db.session import Database


async def read_events(database: Database, tenant_id: UUID) -> list[str]:
    """Returns the names of a tenant's audit events, oldest first."""
    async with database.session(tenant_id=tenant_id) as session:
        rows = await session.scalars(select(AuditEvent.event).order_by(AuditEvent.created_at))
        return list(rows)
