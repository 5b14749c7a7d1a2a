"""Signing in with a password (RFC 6749, section 4.3)."""

from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import OAuthError
from app.core.jwt import AccessClaims, TokenCodec
from app.core.security import PasswordHasher
from app.crud import tenants, users


async def grant(
    session: AsyncSession,
    hasher: PasswordHasher,
    codec: TokenCodec,
    *,
    grant_type: str,
    username: str,
    password: str,
) -> str:
    """Returns an access token for the tenant that the user joined first.

    Raises:
        OAuthError: the same one for an unknown e-mail and for a wrong password.
    """
    if not grant_type or not username or not password:
        raise OAuthError("invalid_request", "Send grant_type, username and password as a form")
    if grant_type != "password":
        raise OAuthError("unsupported_grant_type", "The grant_type is 'password'")
    user_id = await _check_password(session, hasher, username.strip().lower(), password)
    tenant_id = await tenants.get_first_of(session, user_id)
    return codec.issue(AccessClaims(user_id=user_id, session_id=uuid4(), tenant_id=tenant_id))


async def _check_password(
    session: AsyncSession, hasher: PasswordHasher, email: str, password: str
) -> UUID:
    user = await users.get_by_email(session, email)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    fits = await hasher.verify(password, user.password_hash if user else None)
    if user is None or not fits:
        raise OAuthError("invalid_grant", "The e-mail or the password is wrong")
    return user.id
