from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.tenant import Tenant


async def create(session: AsyncSession, *, name: str, tenant_id: UUID | None = None) -> Tenant:
    tenant = Tenant(id=tenant_id or uuid4(), name=name)
    session.add(tenant)
    await session.flush()
    return tenant


async def get(session: AsyncSession, tenant_id: UUID) -> Tenant | None:
    return await session.get(Tenant, tenant_id)


async def update(session: AsyncSession, tenant: Tenant, changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        setattr(tenant, field, value)
    await session.flush()


async def delete(session: AsyncSession, tenant_id: UUID) -> None:
    """Deletes a tenant; the database deletes what belongs to it, but for its audit events."""
    await session.execute(delete_rows(Tenant).where(Tenant.id == tenant_id))
