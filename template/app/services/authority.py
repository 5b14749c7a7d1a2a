"""What a caller may do, which was read before a lock was awaited, is read again under it."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ForbiddenError
from app.core.principal import USER, Principal
from app.crud import locking, user_sessions
from app.db.base import Entity

Row = TypeVar("Row", bound=Entity)


class RoleChangedError(ForbiddenError):
    code = "role_changed"


async def require_unchanged(session: AsyncSession, actor: Principal) -> None:
    """Reads the actor again. What an authenticator vouches for, it alone could read again.

    Raises:
        RoleChangedError: the actor has another role by now, is disabled or no longer a member, or
            the session has ended.
    """
    if actor.kind != USER:
        return
    current = await user_sessions.get_principal(
        session, actor.require_session(), actor.id, actor.tenant_id
    )
    if current is None or _rights_of(current) != _rights_of(actor):
        raise RoleChangedError("Your role has changed: send the request again")


async def lock_row(
    session: AsyncSession, actor: Principal, model: type[Row], row_id: UUID
) -> Row | None:
    """Returns a row for the actor to change, locked until the end of the transaction.

    A row that nobody else has locked takes one statement: nothing was awaited.

    Raises:
        RoleChangedError: as of `require_unchanged`, for a row that was awaited.
    """
    row = await locking.lock(session, model, row_id, waits=False)
    if row is None:
        row = await locking.lock(session, model, row_id)
        await require_unchanged(session, actor)
    return row


def _rights_of(principal: Principal) -> tuple[object, ...]:
    return principal.role, principal.is_platform_admin
