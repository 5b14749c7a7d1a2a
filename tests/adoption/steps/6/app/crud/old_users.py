"""Users by what old clients know of them."""

from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.principal import Role
from app.db.models.membership import Membership
from app.db.models.user import User


async def get_caller(session: AsyncSession, legacy_id: int) -> Row[UUID, str, UUID, Role] | None:
    """Returns a user who is not disabled, with the tenant that they joined first."""
    statement = (
        select(User.id, User.email, Membership.tenant_id, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(User.legacy_id == legacy_id, User.disabled_at.is_(None))
        .order_by(Membership.created_at, Membership.tenant_id)
        .limit(1)
    )
    return (await session.execute(statement)).one_or_none()


async def get(session: AsyncSession, user_id: UUID) -> User | None:
    return await session.get(User, user_id)
