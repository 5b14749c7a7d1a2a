from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.principal import Role
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant


async def create(session: AsyncSession, *, name: str) -> Tenant:
    tenant = Tenant(name=name)
    session.add(tenant)
    await session.flush()
    return tenant


async def add_member(session: AsyncSession, tenant_id: UUID, user_id: UUID, role: Role) -> None:
    session.add(Membership(tenant_id=tenant_id, user_id=user_id, role=role))
    await session.flush()


async def get_first_of(session: AsyncSession, user_id: UUID) -> UUID | None:
    """Returns the tenant that the user joined first."""
    return await session.scalar(
        select(Membership.tenant_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.created_at, Membership.tenant_id)
        .limit(1)
    )
