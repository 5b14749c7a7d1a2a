"""The only way from a credential to a principal."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.credentials.jwt import InvalidTokenError, Presented
from app.core.errors import UnauthorizedError
from app.core.principal import Principal
from app.crud import user_sessions
from app.db.tenancy import bind_tenant


async def authenticate(session: AsyncSession, presented: Presented) -> Principal:
    """Returns the caller behind an access token, and lets the session act for their tenant.

    Loaded anew each time: a change counts at once.

    Raises:
        UnauthorizedError: without a token, with one that is not valid, or when its session is over.
    """
    if presented is None:
        raise UnauthorizedError("Sign in first")
    if isinstance(presented, InvalidTokenError):
        raise UnauthorizedError("This access token is not valid") from presented
    principal = await user_sessions.get_principal(
        session, presented.session_id, presented.user_id, presented.tenant_id
    )
    if principal is None:
        raise UnauthorizedError("This access token is not valid")
    bind_tenant(session, principal.tenant_id)
    return principal
