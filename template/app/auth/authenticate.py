"""The only way from credentials to a principal."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authenticators import Authenticator
from app.core.credentials.authorization import Credentials
from app.core.errors import UnauthorizedError
from app.core.principal import Principal
from app.crud import user_sessions
from app.db.session import Database, enter_tenant
from app.db.tenancy import bind_tenant


async def authenticate(
    session: AsyncSession, credentials: Credentials, authenticators: Sequence[Authenticator] = ()
) -> Principal:
    """Returns the caller, loaded anew each time, and binds the session to the caller's tenant.

    Access tokens of this service come first; the first authenticator that takes any other
    credentials decides.

    Raises:
        UnauthorizedError: without credentials, with invalid ones, or with a token whose session has
            ended.
    """
    if claims := credentials.claims:
        principal = await user_sessions.get_principal(
            session, claims.session_id, claims.user_id, claims.tenant_id
        )
        if principal is None:
            raise _invalid_token()
        bind_tenant(session, principal.tenant_id)
        return principal
    for authenticator in authenticators:
        if authenticator.takes(credentials):
            return await _verify(session, credentials, authenticator)
    if credentials.scheme == "bearer":
        raise _invalid_token()
    raise UnauthorizedError("Sign in first")


async def authenticate_alone(
    database: Database, credentials: Credentials, authenticators: Sequence[Authenticator] = ()
) -> Principal:
    """Returns the caller as `authenticate` does, for what reads nothing else: without a session.

    Raises:
        UnauthorizedError: as there.
    """
    claims = credentials.claims
    if claims is None:
        async with database.session(writes=False) as session:
            return await authenticate(session, credentials, authenticators)
    principal = await user_sessions.get_principal_alone(
        database, claims.session_id, claims.user_id, claims.tenant_id
    )
    if principal is None:
        raise _invalid_token()
    return principal


async def _verify(
    session: AsyncSession, credentials: Credentials, authenticator: Authenticator
) -> Principal:
    principal = await authenticator.verify(session, credentials.token)
    if principal is None:
        raise UnauthorizedError("These credentials are not valid")
    if principal.kind != authenticator.kind:
        raise ValueError(f"the authenticator of {authenticator.kind} returned {principal.kind!r}")
    if principal.tenant_id is not None:
        await enter_tenant(session, principal.tenant_id)
    return principal


def _invalid_token() -> UnauthorizedError:
    return UnauthorizedError("This access token is not valid")
