from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position
from app.crud import audit_events
from app.crud.keyset import Rows


async def list_events(session: AsyncSession, *, after: Position | None, limit: int) -> Rows:
    return await audit_events.list_page(session, after=after, limit=limit)
