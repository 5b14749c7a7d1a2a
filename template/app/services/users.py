"""All users of the service, for platform administrators."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.errors import NotFoundError
from app.core.http.pagination import Position
from app.core.principal import Principal
from app.crud import memberships, one_time_tokens, tenants, user_sessions, users
from app.crud.keyset import Rows
from app.db.models.one_time_token import Purpose
from app.db.models.user import User
from app.services.authority import require_unchanged


async def list_users(session: AsyncSession, *, after: Position | None, limit: int) -> Rows:
    return await users.list_all(session, after=after, limit=limit)


async def disable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    """Disables a user: their sessions end, and they cannot sign in.

    The only owner of a tenant too, or abusers would invite others to be safe from it:
    `python -m app add-owner` gives such a tenant another owner.
    """
    # Before the user, as everywhere: what waits for a tenant then finds the user disabled.
    await tenants.lock(session, await memberships.list_tenant_ids_of(session, user_id))
    user = await _lock(session, actor, user_id)
    await users.set_disabled(session, user, is_disabled=True)
    await user_sessions.revoke_all(session, user_id)
    await one_time_tokens.delete_of(session, user_id, Purpose.PASSWORD_RESET)
    await audit_log.record_in_tenants_of(
        session, SecurityEvent.USER_DISABLED, user_id, actor_id=actor.user_id
    )
    return user


async def enable_user(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    user = await _lock(session, actor, user_id)
    await users.set_disabled(session, user, is_disabled=False)
    await audit_log.record_in_tenants_of(
        session, SecurityEvent.USER_ENABLED, user_id, actor_id=actor.user_id
    )
    return user


async def _lock(session: AsyncSession, actor: Principal, user_id: UUID) -> User:
    """Returns a user, locked. The actor is too: of two who disable each other, one does."""
    locked = await users.lock(session, {actor.user_id, user_id})
    await require_unchanged(session, actor)
    if user_id not in locked:
        raise NotFoundError("There is no such user")
    return locked[user_id]
