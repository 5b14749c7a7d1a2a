"""What signed-in users change of themselves."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.credentials.password_policy import NewPasswords
from app.core.errors import TooManyRequestsError, UnauthorizedError
from app.core.limits.throttle import Throttle, password_key
from app.core.principal import Principal
from app.crud import one_time_tokens, user_sessions, users
from app.db.models.one_time_token import Purpose
from app.db.models.user import User
from app.services.accounts import WrongPasswordError
from app.services.authority import require_unchanged


async def update_me(session: AsyncSession, actor: Principal, *, name: str) -> Principal:
    await users.update(session, await _get(session, actor), {"name": name})
    await require_unchanged(session, actor)
    return replace(actor, name=name)


async def change_password(
    session: AsyncSession,
    passwords: NewPasswords,
    throttle: Throttle,
    actor: Principal,
    *,
    current_password: str,
    new_password: str,
) -> None:
    """Sets a new password and ends the actor's other sessions.

    Raises:
        WrongPasswordError: the current one is another.
        TooManyRequestsError: after too many tries: who holds a stolen token may not guess on.
    """
    user = await _get(session, actor)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    keys = [password_key(actor.user_id)]
    if wait := await throttle.reserve(keys):
        raise TooManyRequestsError("Too many attempts", retry_after=wait)
    if not await passwords.hasher.verify(current_password, user.password_hash):
        raise WrongPasswordError("The current password is another one")
    await throttle.forget(keys)
    password_hash = await passwords.hash(new_password, email=actor.email)

    if not await users.replace_password(session, user, password_hash):
        raise WrongPasswordError("The password was changed meanwhile")
    await require_unchanged(session, actor)
    await user_sessions.revoke_all(session, actor.user_id, but=actor.session_id)
    await one_time_tokens.delete_of(session, actor.user_id, Purpose.PASSWORD_RESET)
    await audit_log.record(session, SecurityEvent.PASSWORD_CHANGED, actor_id=actor.user_id)


async def _get(session: AsyncSession, actor: Principal) -> User:
    user = await users.get(session, actor.user_id)
    if user is None:
        raise UnauthorizedError("There is no such user any more")
    return user
