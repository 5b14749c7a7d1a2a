"""Tenants, for their members."""

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.errors import ConflictError, NotFoundError
from app.core.http.pagination import Position
from app.core.http.preconditions import Precondition
from app.core.principal import Principal, Role
from app.crud import memberships, tenants, users
from app.crud.keyset import Rows
from app.db.models.tenant import Tenant
from app.services.authority import require_unchanged


class TooManyTenantsError(ConflictError):
    code = "too_many_tenants"


async def list_tenants(
    session: AsyncSession, actor: Principal, *, after: Position | None, limit: int
) -> Rows:
    return await memberships.list_tenants_of(session, actor.user_id, after=after, limit=limit)


async def create_tenant(
    session: AsyncSession, actor: Principal, *, name: str, limit: int
) -> Tenant:
    """Makes a tenant that the actor owns; they act in it with the next token that requests it.

    Raises:
        TooManyTenantsError: the actor owns `limit` tenants.
    """
    await users.lock(session, [actor.user_id])
    await require_unchanged(session, actor)
    if await memberships.count_owned(session, actor.user_id) >= limit:
        raise TooManyTenantsError(f"You own {limit} tenants: delete one, or leave it to others")
    tenant = await tenants.create(session, name=name)
    await memberships.create(session, tenant.id, actor.user_id, Role.OWNER)
    await audit_log.record(
        session, SecurityEvent.TENANT_CREATED, actor_id=actor.user_id, target_id=tenant.id
    )
    return tenant


async def get_tenant(session: AsyncSession, actor: Principal, *, locks: bool = False) -> Tenant:
    tenant = await tenants.get(session, actor.require_tenant(), locks=locks)
    if tenant is None:
        raise NotFoundError("The tenant is gone")
    return tenant


async def lock_tenant(session: AsyncSession, actor: Principal) -> Tenant:
    """Locks the actor's tenant: it and its members stay as they are until the transaction ends.

    Whatever changes a tenant or its members begins here.

    Raises:
        RoleChangedError: the actor has another role by now, or is no longer a member.
    """
    tenant = await get_tenant(session, actor, locks=True)
    await require_unchanged(session, actor)
    return tenant


async def update_tenant(
    session: AsyncSession, actor: Principal, changes: dict[str, str], precondition: Precondition
) -> Tenant:
    tenant = await lock_tenant(session, actor)
    precondition.require(tenant.etag)
    await tenants.update(session, tenant, changes)
    await audit_log.record(
        session, SecurityEvent.TENANT_UPDATED, actor_id=actor.user_id, target_id=tenant.id
    )
    return tenant


async def delete_tenant(
    session: AsyncSession, actor: Principal, precondition: Precondition
) -> None:
    """Deletes the tenant and all that is in it, but for its audit events."""
    tenant = await lock_tenant(session, actor)
    precondition.require(tenant.etag)
    await audit_log.record(
        session, SecurityEvent.TENANT_DELETED, actor_id=actor.user_id, target_id=tenant.id
    )
    await tenants.delete(session, tenant.id)
