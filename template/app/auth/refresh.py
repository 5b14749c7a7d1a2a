"""Refreshing a session (RFC 6749, section 6; rotation and reuse after RFC 9700, section 4.14)."""

import hmac
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.auth.authorization_server import (
    AuthorizationServer,
    SessionPolicy,
    TokenPair,
    invalid_grant,
)
from app.auth.sessions import make_token_pair
from app.core.audit import SecurityEvent
from app.core.credentials.opaque_tokens import RefreshToken, fingerprint, make_token
from app.core.errors import OAuthError
from app.crud import memberships, user_sessions
from app.db.base import now
from app.db.models.user_session import UserSession
from app.db.session import independent_transaction
from app.db.tenancy import bind_tenant


async def refresh(
    session: AsyncSession, auth_server: AuthorizationServer, *, token: str, tenant_id: UUID | None
) -> TokenPair:
    """Returns a new token pair, for the requested tenant or for the session's current one.

    Each use replaces the refresh token. Of concurrent requests with one token, the first replaces
    it and the others receive the same successor; later uses revoke the session, since one of the
    token's two holders is a thief.

    Raises:
        OAuthError: the token is unknown, used before, expired, or its session has ended.
    """
    refresh_token = RefreshToken.parse(token)
    if refresh_token is None:
        raise invalid_grant()
    user_session = await user_sessions.lock_family(session, fingerprint(refresh_token.family))
    if user_session is None:
        raise invalid_grant()
    successor = _rotate(user_session, refresh_token, auth_server.policy)
    if successor is None:
        await _revoke(session, user_session)
        raise invalid_grant()
    target_id = tenant_id or user_session.tenant_id
    is_member = await _is_member(session, user_session.user_id, target_id)
    if is_member:
        user_session.tenant_id = target_id
    elif tenant_id:
        raise OAuthError("invalid_request", "You are not a member of this tenant")
    # A removed member acts in no tenant until they request one: what a client goes on writing must
    # not land in another.
    return make_token_pair(auth_server, user_session, target_id if is_member else None, successor)


def _rotate(
    user_session: UserSession, token: RefreshToken, policy: SessionPolicy
) -> RefreshToken | None:
    """Replaces the token, or finds what it was just replaced by; None if it was used before."""
    used, at = fingerprint(token.secret), now()
    if hmac.compare_digest(used, user_session.current):
        user_session.salt = make_token()
        successor = token.successor(user_session.salt)
        user_session.previous, user_session.current = used, fingerprint(successor.secret)
        user_session.last_used_at = at
        user_session.idle_expires_at = at + policy.idle
        return successor
    # Not before it either: clocks of two processes differ, and without grace there is none.
    is_recent = timedelta(0) <= at - user_session.last_used_at < policy.grace
    is_previous = hmac.compare_digest(used, user_session.previous or "")
    if is_recent and is_previous and user_session.salt:
        return token.successor(user_session.salt)
    return None


async def _revoke(session: AsyncSession, user_session: UserSession) -> None:
    """Revokes the session although the request fails."""
    user_id, session_id = user_session.user_id, user_session.id
    bind_tenant(session, user_session.tenant_id)
    async with independent_transaction(session) as own:
        await user_sessions.revoke(own, user_id, session_id)
        await audit_log.record(
            own, SecurityEvent.REFRESH_REUSED, actor_id=user_id, target_id=session_id
        )


async def _is_member(session: AsyncSession, user_id: UUID, tenant_id: UUID | None) -> bool:
    if tenant_id is None:
        return False
    return await memberships.get(session, tenant_id, user_id) is not None
