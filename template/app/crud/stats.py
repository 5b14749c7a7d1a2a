from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.principal import Role
from app.db.models.membership import Membership


async def count_members(session: AsyncSession, tenant_id: UUID) -> dict[Role, int]:
    """Counts a tenant's members by role; a role without members is left out."""
    rows = await session.execute(
        select(Membership.role, func.count())
        .where(Membership.tenant_id == tenant_id)
        .group_by(Membership.role)
    )
    return dict(rows.all())
