from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.principal import Principal
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.rls import TenantSetting


async def get_by_email(session: AsyncSession, email: str) -> User | None:
    """Looks an address up as it is stored: in lower case."""
    return await session.scalar(select(User).where(User.email == email))


async def create(session: AsyncSession, *, email: str, password_hash: str) -> User:
    user = User(email=email, password_hash=password_hash)
    session.add(user)
    await session.flush()
    return user


async def get_principal(
    session: AsyncSession, user_id: UUID, tenant_id: UUID | None
) -> Principal | None:
    """Loads who the user is in that tenant; None if there is no such member.

    The same statement lets the rest of the transaction see the tenant's rows.
    """
    statement = (
        select(
            User.id,
            User.email,
            Membership.tenant_id,
            Membership.role,
            TenantSetting(Membership.tenant_id),
        )
        .outerjoin(
            Membership, and_(Membership.user_id == User.id, Membership.tenant_id == tenant_id)
        )
        .where(User.id == user_id)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None or row.tenant_id != tenant_id:
        return None
    return Principal(row.id, row.email, row.tenant_id, row.role)
