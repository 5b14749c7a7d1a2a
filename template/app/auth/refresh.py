"""Refreshing a session (RFC 6749, section 6; rotation and reuse after RFC 9700, section 4.14)."""

import hmac
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authorization_server import AuthorizationServer, SessionPolicy, TokenPair, refused
from app.auth.sessions import make_token_pair
from app.core.audit import SecurityEvent
from app.core.credentials.opaque_tokens import RefreshToken, fingerprint, make_token
from app.core.errors import OAuthError
from app.crud import audit_events, memberships, user_sessions
from app.db.base import now
from app.db.models.user_session import UserSession
from app.db.session import independent_transaction
from app.db.tenancy import bind_tenant


async def refresh(
    session: AsyncSession, auth_server: AuthorizationServer, *, token: str, tenant_id: UUID | None
) -> TokenPair:
    """Returns a new pair of tokens, for the tenant asked for or for the one acted in so far.

    Each use replaces the token. Of requests that use one token at once, the first replaces it and
    the others are given the same successor; later uses end the session, for one of the two who
    hold the token is a thief.

    Raises:
        OAuthError: the token is unknown, used before, expired, or of a session that is over.
    """
    presented = RefreshToken.parse(token)
    if presented is None:
        raise refused()
    found = await user_sessions.lock_family(session, fingerprint(presented.family))
    if found is None:
        raise refused()
    successor = _succeed(found, presented, auth_server.policy)
    if successor is None:
        await _revoke(session, found)
        raise refused()
    acts_in = tenant_id or found.tenant_id
    is_member = await _is_member(session, found.user_id, acts_in)
    if is_member:
        found.tenant_id = acts_in
    elif tenant_id:
        raise OAuthError("invalid_request", "You are in no such tenant")
    # Who is out of a tenant acts in none until they ask for one: what a client goes on writing must
    # not land in another.
    return make_token_pair(auth_server, found, acts_in if is_member else None, successor)


def _succeed(
    found: UserSession, presented: RefreshToken, policy: SessionPolicy
) -> RefreshToken | None:
    """Replaces the session's token, or finds what it was replaced by; None if it is too old."""
    used, at = fingerprint(presented.secret), now()
    if hmac.compare_digest(used, found.current):
        found.salt = make_token()
        successor = presented.successor(found.salt)
        found.previous, found.current = used, fingerprint(successor.secret)
        found.last_used_at = at
        found.idle_expires_at = at + policy.idle
        return successor
    # Not before it either: clocks of two processes differ, and without grace there is none.
    is_recent = timedelta(0) <= at - found.last_used_at < policy.grace
    if is_recent and found.salt and hmac.compare_digest(used, found.previous or ""):
        return presented.successor(found.salt)
    return None


async def _revoke(session: AsyncSession, found: UserSession) -> None:
    """Ends the session although the request fails."""
    user_id, session_id = found.user_id, found.id
    bind_tenant(session, found.tenant_id)
    async with independent_transaction(session) as own:
        await user_sessions.revoke(own, user_id, session_id)
        await audit_events.record(
            own, SecurityEvent.REFRESH_REUSED, actor_id=user_id, target_id=session_id
        )


async def _is_member(session: AsyncSession, user_id: UUID, tenant_id: UUID | None) -> bool:
    if tenant_id is None:
        return False
    return await memberships.get(session, tenant_id, user_id) is not None
