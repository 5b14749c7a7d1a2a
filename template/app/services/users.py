"""All users of the service, for platform administrators."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFoundError
from app.core.pagination import Position
from app.core.principal import Principal
from app.core.security_events import SecurityEvent
from app.crud import audit_events, memberships, user_sessions, users
from app.db.models.user import User
from app.services.members import require_other_owner


async def list_users(
    session: AsyncSession, *, after: Position | None, limit: int
) -> Sequence[User]:
    return await users.list_all(session, after=after, limit=limit)


async def disable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    """Locks a user out: their sessions end, and no new one begins.

    Raises:
        LastOwnerError: one of their tenants would have no owner.
    """
    user = await _get(session, user_id)
    await require_other_owner(session, await memberships.list_owned_by(session, user_id), user_id)
    await users.set_disabled(session, user, is_disabled=True)
    await user_sessions.revoke_all(session, user_id)
    await audit_events.record(
        session, SecurityEvent.USER_DISABLED, actor_id=actor.user_id, target_id=user_id
    )
    return user


async def enable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    user = await _get(session, user_id)
    await users.set_disabled(session, user, is_disabled=False)
    await audit_events.record(
        session, SecurityEvent.USER_ENABLED, actor_id=actor.user_id, target_id=user_id
    )
    return user


async def _get(session: AsyncSession, user_id: UUID) -> User:
    user = await users.get(session, user_id)
    if user is None:
        raise NotFoundError("There is no such user")
    return user
