"""The token endpoint: which grant types there are (RFC 6749, section 4)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authorization_server import AuthorizationServer, Client, TokenPair
from app.auth.password_sign_in import sign_in
from app.auth.refresh import refresh
from app.core.credentials.emails import normalize_email
from app.core.errors import OAuthError
from app.db.session import Database


async def exchange_grant(
    database: Database,
    session: AsyncSession,
    auth_server: AuthorizationServer,
    client: Client,
    *,
    grant_type: str,
    username: str,
    password: str,
    refresh_token: str,
    tenant: str,
) -> TokenPair:
    """Exchanges a password or a refresh token for a pair of tokens.

    Raises:
        OAuthError: with the error codes of RFC 6749, section 5.2.
    """
    tenant_id = _parse_tenant(tenant)
    match grant_type:
        case "password" if username and password:
            email = normalize_email(username)
            return await sign_in(
                database,
                session,
                auth_server,
                client,
                email=email,
                password=password,
                tenant_id=tenant_id,
            )
        case "refresh_token" if refresh_token:
            return await refresh(session, auth_server, token=refresh_token, tenant_id=tenant_id)
        case "" | "password" | "refresh_token":
            raise OAuthError(
                "invalid_request",
                "Send, as a form, grant_type=password with username and password, "
                "or grant_type=refresh_token with refresh_token",
            )
    raise OAuthError("unsupported_grant_type", "The grant_type is 'password' or 'refresh_token'")


def _parse_tenant(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as exc:
        raise OAuthError("invalid_request", "The tenant is not an id") from exc
