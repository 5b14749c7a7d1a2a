from app.core.security_events import Audit
from app.crud import audit_events
from app.db.session import Database


async def record_alone(database: Database, audit: Audit) -> None:
    """Writes an event of a request that failed, in a transaction of its own."""
    async with database.session(tenant_id=audit.tenant_id) as session:
        await audit_events.create(session, audit.event, actor_id=audit.actor_id)
