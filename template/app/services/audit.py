from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position
from app.crud import audit_events
from app.db.models.audit_event import AuditEvent


async def list_events(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[AuditEvent]:
    return await audit_events.list_page(session, after=after, limit=limit)
