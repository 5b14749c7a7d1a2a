from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.audit import Audit
from app.core.http.pagination import Position
from app.crud import audit_events
from app.db.models.audit_event import AuditEvent
from app.db.session import Database


async def list_events(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[AuditEvent]:
    return await audit_events.list_page(session, after=after, limit=limit)


async def record_alone(database: Database, audit: Audit) -> None:
    """Writes an event of a request that failed, in a transaction of its own."""
    async with database.session(tenant_id=audit.tenant_id) as session:
        await audit_events.create(session, audit.event, actor_id=audit.actor_id)
