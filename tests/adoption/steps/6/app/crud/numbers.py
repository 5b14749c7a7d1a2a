"""Numbers of rows that old clients know, one series for each tenant."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.tenant import Tenant


async def next_number(session: AsyncSession, tenant_id: UUID) -> int:
    statement = update(Tenant).where(Tenant.id == tenant_id)
    statement = statement.values(last_number=Tenant.last_number + 1)
    return (await session.scalars(statement.returning(Tenant.last_number))).one()
