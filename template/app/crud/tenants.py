from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.crud.changes import apply_changes
from app.db.models.tenant import Tenant


async def create(session: AsyncSession, *, name: str, tenant_id: UUID | None = None) -> Tenant:
    tenant = Tenant(id=tenant_id or uuid4(), name=name)
    session.add(tenant)
    await session.flush()
    return tenant


async def get(session: AsyncSession, tenant_id: UUID, *, locks: bool = False) -> Tenant | None:
    """Returns a tenant; `locks` keeps it, and its members, as they are until the end."""
    with_lock = {"key_share": True} if locks else None
    return await session.get(Tenant, tenant_id, with_for_update=with_lock)


async def list_ids(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Returns the ids of tenants, those of all users, in their order."""
    statement = select(Tenant.id).order_by(Tenant.id).limit(limit)
    if after is not None:
        statement = statement.where(Tenant.id > after)
    return (await session.scalars(statement)).all()


async def lock(session: AsyncSession, tenant_ids: Collection[UUID]) -> None:
    """Makes other changes of the members of these tenants wait for the end of this transaction.

    What is read about members after it stays true until then.
    """
    await session.execute(
        select(Tenant.id)
        .where(Tenant.id.in_(tenant_ids))
        .order_by(Tenant.id)
        .with_for_update(key_share=True)
    )


async def update(session: AsyncSession, tenant: Tenant, changes: Mapping[str, Any]) -> None:
    await apply_changes(session, tenant, changes)


async def delete(session: AsyncSession, tenant_id: UUID) -> None:
    """Deletes a tenant; the database deletes what belongs to it, but for its audit events."""
    await session.execute(delete_rows(Tenant).where(Tenant.id == tenant_id))
