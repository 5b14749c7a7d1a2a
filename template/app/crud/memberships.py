from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import Position
from app.core.principal import Role
from app.crud.keyset import page
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


async def list_tenants_of(
    session: AsyncSession, user_id: UUID, *, after: Position | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Returns the user's tenants with their role there, in the order of joining."""
    statement = (
        select(Tenant.id, Tenant.name, Membership.role, Membership.created_at.label("joined_at"))
        .join(Tenant, Membership.tenant_id == Tenant.id)
        .where(Membership.user_id == user_id)
    )
    rows = await session.execute(
        page(statement, Membership.created_at, Tenant.id, after=after, limit=limit)
    )
    return rows.all()


async def list_members_of(
    session: AsyncSession, tenant_id: UUID, *, after: Position | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Returns the tenant's members, in the order of joining."""
    statement = page(
        _members_of(tenant_id), Membership.created_at, User.id, after=after, limit=limit
    )
    return (await session.execute(statement)).all()


async def get_member(
    session: AsyncSession, tenant_id: UUID, user_id: UUID
) -> Row[*tuple[Any, ...]]:
    statement = _members_of(tenant_id).where(User.id == user_id)
    return (await session.execute(statement)).one()


def _members_of(tenant_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            User.id.label("user_id"),
            User.email,
            User.name,
            Membership.role,
            Membership.created_at.label("joined_at"),
        )
        .join(User, Membership.user_id == User.id)
        .where(Membership.tenant_id == tenant_id)
    )


async def create(session: AsyncSession, tenant_id: UUID, user_id: UUID, role: Role) -> None:
    session.add(Membership(tenant_id=tenant_id, user_id=user_id, role=role))
    await session.flush()


async def set_role(session: AsyncSession, membership: Membership, role: Role) -> None:
    membership.role = role
    await session.flush()


async def delete(session: AsyncSession, membership: Membership) -> None:
    await session.delete(membership)
    await session.flush()


async def lock_owners(session: AsyncSession, tenant_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Returns the owners of each tenant who may sign in, and holds them as they are.

    Locks users and memberships alike, so that of two requests that each would leave the other's
    owner as the last one, the second sees what the first has done.
    """
    rows = await session.execute(
        select(Membership.tenant_id, User.id)
        .join(User, Membership.user_id == User.id)
        .where(
            Membership.tenant_id.in_(tenant_ids),
            Membership.role == Role.OWNER,
            User.disabled_at.is_(None),
        )
        .order_by(Membership.tenant_id, User.id)
        .with_for_update()
    )
    owners: dict[UUID, set[UUID]] = {tenant_id: set() for tenant_id in tenant_ids}
    for tenant_id, user_id in rows:
        owners[tenant_id].add(user_id)
    return owners


async def list_owned_by(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """Returns every tenant that the user is an owner of."""
    return (
        await session.scalars(
            select(Membership.tenant_id).where(
                Membership.user_id == user_id, Membership.role == Role.OWNER
            )
        )
    ).all()
