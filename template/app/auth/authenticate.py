"""The only way from credentials to a principal."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.credentials.authorization import Credentials
from app.core.errors import UnauthorizedError
from app.core.principal import Principal
from app.crud import user_sessions
from app.db.tenancy import bind_tenant


async def authenticate(session: AsyncSession, credentials: Credentials) -> Principal:
    """Returns the caller, loaded anew each time, and binds the session to the caller's tenant.

    Raises:
        UnauthorizedError: without credentials, with a token that is not valid, or with one whose
            session has ended.
    """
    if credentials.scheme != "bearer":
        raise UnauthorizedError("Sign in first")
    principal = await _load(session, credentials)
    if principal is None:
        raise UnauthorizedError("This access token is not valid")
    bind_tenant(session, principal.tenant_id)
    return principal


async def _load(session: AsyncSession, credentials: Credentials) -> Principal | None:
    claims = credentials.claims
    if claims is None:
        return None
    return await user_sessions.get_principal(
        session, claims.session_id, claims.user_id, claims.tenant_id
    )
