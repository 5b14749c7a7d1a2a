from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Uuid,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position
from app.core.principal import Role
from app.crud.keyset import Rows, fetch_page
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.models.user import User


def first_tenant(user_id: Any) -> ScalarSelect[UUID]:
    """Returns, as a part of a statement, the tenant that the user joined first."""
    return (
        select(Membership.tenant_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.created_at, Membership.tenant_id)
        .limit(1)
        .scalar_subquery()
    )


async def get_first_of(session: AsyncSession, user_id: UUID) -> UUID | None:
    """Returns the tenant that the user joined first."""
    return await session.scalar(select(first_tenant(user_id)))


async def get(session: AsyncSession, tenant_id: UUID, user_id: UUID) -> Membership | None:
    return await session.get(Membership, (user_id, tenant_id))


_TENANTS_OF = (
    select(Tenant.id, Tenant.name, Membership.role, Membership.created_at.label("joined_at"))
    .join(Tenant, Membership.tenant_id == Tenant.id)
    .where(Membership.user_id == bindparam("user_id", type_=Uuid))
)
_MEMBERS_OF = (
    select(
        User.id.label("user_id"),
        User.email,
        User.name,
        Membership.role,
        Membership.created_at.label("joined_at"),
    )
    .join(User, Membership.user_id == User.id)
    .where(Membership.tenant_id == bindparam("tenant_id", type_=Uuid))
)


async def list_tenants_of(
    session: AsyncSession, user_id: UUID, *, after: Position | None, limit: int
) -> Rows:
    """Returns the user's tenants with their role there, in the order of joining."""
    key = Membership.created_at, Tenant.id
    return await fetch_page(session, _TENANTS_OF, *key, after=after, limit=limit, user_id=user_id)


async def list_members_of(
    session: AsyncSession, tenant_id: UUID, *, after: Position | None, limit: int
) -> Rows:
    """Returns the tenant's members, in the order of joining."""
    key = Membership.created_at, User.id
    return await fetch_page(
        session, _MEMBERS_OF, *key, after=after, limit=limit, tenant_id=tenant_id
    )


async def get_member(
    session: AsyncSession, tenant_id: UUID, user_id: UUID
) -> Row[*tuple[Any, ...]]:
    statement = _MEMBERS_OF.where(User.id == user_id)
    return (await session.execute(statement, {"tenant_id": tenant_id})).one()


async def create(session: AsyncSession, tenant_id: UUID, user_id: UUID, role: Role) -> None:
    session.add(Membership(tenant_id=tenant_id, user_id=user_id, role=role))
    await session.flush()


async def set_role(session: AsyncSession, membership: Membership, role: Role) -> None:
    membership.role = role
    await session.flush()


async def delete(session: AsyncSession, membership: Membership) -> None:
    await session.delete(membership)
    await session.flush()


async def delete_all_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete_rows(Membership).where(Membership.user_id == user_id))


async def is_member(session: AsyncSession, tenant_id: UUID, email: str) -> bool:
    statement = _MEMBERS_OF.where(User.email == email)
    return (await session.execute(statement, {"tenant_id": tenant_id})).first() is not None


async def get_active_role(session: AsyncSession, tenant_id: UUID, user_id: UUID) -> Role | None:
    """Returns the role of a member; None for a disabled user, and for everybody else."""
    return await session.scalar(
        select(Membership.role)
        .join(User, Membership.user_id == User.id)
        .where(Membership.tenant_id == tenant_id, User.id == user_id, User.disabled_at.is_(None))
    )


async def has_other_owner(session: AsyncSession, tenant_id: UUID, user_id: UUID) -> bool:
    """Whether the tenant has another owner, who is not disabled."""
    statement = select(Membership.user_id).where(
        Membership.tenant_id == tenant_id, _is_other_owner(Membership, user_id)
    )
    return await session.scalar(statement.limit(1)) is not None


async def count_owned(session: AsyncSession, user_id: UUID) -> int:
    """Returns how many tenants the user owns."""
    statement = select(func.count()).select_from(Membership)
    owned = statement.where(Membership.user_id == user_id, Membership.role == Role.OWNER)
    return await session.scalar(owned) or 0


async def list_tenant_ids_of(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    statement = select(Membership.tenant_id).where(Membership.user_id == user_id)
    return (await session.scalars(statement)).all()


def _is_other_owner(membership: Any, user_id: UUID) -> ColumnElement[bool]:
    active = select(User.id).where(User.disabled_at.is_(None))
    return and_(
        membership.role == Role.OWNER,
        membership.user_id != user_id,
        membership.user_id.in_(active),
    )
