"""All users of the service, for platform administrators."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.errors import NotFoundError
from app.core.http.pagination import Position
from app.core.principal import Principal
from app.crud import memberships, one_time_tokens, tenants, user_sessions, users
from app.db.models.one_time_token import Purpose
from app.db.models.user import User
from app.services.members import LastOwnerError


async def list_users(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[User]:
    return await users.list_all(session, after=after, limit=limit)


async def disable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    """Locks a user out: their sessions end, and no new one begins.

    Raises:
        LastOwnerError: others are in a tenant that would have no owner.
    """
    user = await _get(session, user_id)
    await tenants.lock(session, await memberships.list_tenant_ids_of(session, user_id))
    if await memberships.is_last_owner(session, user_id):
        raise LastOwnerError("A tenant with other members has an owner, and this is the last")
    await users.set_disabled(session, user, is_disabled=True)
    await user_sessions.revoke_all(session, user_id)
    await one_time_tokens.delete_of(session, user_id, Purpose.PASSWORD_RESET)
    await audit_log.record(
        session, SecurityEvent.USER_DISABLED, actor_id=actor.user_id, target_id=user_id
    )
    return user


async def enable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    user = await _get(session, user_id)
    await users.set_disabled(session, user, is_disabled=False)
    await audit_log.record(
        session, SecurityEvent.USER_ENABLED, actor_id=actor.user_id, target_id=user_id
    )
    return user


async def _get(session: AsyncSession, user_id: UUID) -> User:
    user = await users.get(session, user_id)
    if user is None:
        raise NotFoundError("There is no such user")
    return user
