"""The members of a tenant. Nobody changes a role above their own; one owner always remains."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.errors import ConflictError, NotFoundError
from app.core.http.pagination import Position
from app.core.principal import Principal, Role
from app.crud import invitations, memberships
from app.crud.keyset import Rows
from app.db.models.membership import Membership
from app.services.tenants import lock_tenant


class LastOwnerError(ConflictError):
    code = "last_owner"


async def list_members(
    session: AsyncSession, actor: Principal, *, after: Position | None, limit: int
) -> Rows:
    return await memberships.list_members_of(
        session, actor.require_tenant(), after=after, limit=limit
    )


async def update_member(
    session: AsyncSession, actor: Principal, user_id: UUID, role: Role
) -> Row[*tuple[Any, ...]]:
    """Gives a member another role.

    Raises:
        ForbiddenError: the role, or the one the member has, is above the actor's own.
        LastOwnerError: the tenant would have no owner.
    """
    actor.require_reach(role)
    membership = await _lock_within_reach(session, actor, user_id)
    if role != Role.OWNER:
        await _require_other_owner(session, membership)
    await memberships.set_role(session, membership, role)
    await invitations.delete_by(session, membership.tenant_id, user_id)
    await audit_log.record(
        session,
        SecurityEvent.MEMBER_ROLE_CHANGED,
        actor_id=actor.user_id,
        target_id=user_id,
        role=role,
    )
    return await memberships.get_member(session, membership.tenant_id, user_id)


async def remove_member(session: AsyncSession, actor: Principal, user_id: UUID) -> None:
    """Removes a member from the tenant; members may remove themselves.

    Raises:
        ForbiddenError: the member's role is above the actor's own.
        LastOwnerError: the tenant would have no owner.
    """
    membership = await _lock_within_reach(session, actor, user_id)
    await _require_other_owner(session, membership)
    await memberships.delete(session, membership)
    await invitations.delete_by(session, membership.tenant_id, user_id)
    await audit_log.record(
        session, SecurityEvent.MEMBER_REMOVED, actor_id=actor.user_id, target_id=user_id
    )


async def _lock_within_reach(session: AsyncSession, actor: Principal, user_id: UUID) -> Membership:
    """Returns a member, locked until the end of the transaction."""
    tenant = await lock_tenant(session, actor)
    membership = await memberships.get(session, tenant.id, user_id)
    if membership is None:
        raise NotFoundError("There is no such member")
    actor.require_reach(membership.role)
    return membership


async def _require_other_owner(session: AsyncSession, membership: Membership) -> None:
    """Raises LastOwnerError unless the tenant has another owner, who is not disabled."""
    if membership.role == Role.OWNER and not await memberships.has_other_owner(
        session, membership.tenant_id, membership.user_id
    ):
        raise LastOwnerError("A tenant has at least one owner, and this is the last")
