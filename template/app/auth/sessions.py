"""Sessions: one row per sign-in, and the tokens that act for it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.auth.authorization_server import AuthorizationServer, Client, TokenPair
from app.core.audit import SecurityEvent
from app.core.credentials.jwt import AccessClaims
from app.core.credentials.opaque_tokens import RefreshToken, fingerprint
from app.core.errors import NotFoundError
from app.core.http.pagination import Position
from app.core.principal import Principal
from app.crud import user_sessions
from app.crud.keyset import Rows
from app.db.base import now
from app.db.models.user_session import UserSession

MAX_USER_AGENT = 200


async def open_session(
    session: AsyncSession,
    auth_server: AuthorizationServer,
    client: Client,
    user_id: UUID,
    tenant_id: UUID | None,
) -> TokenPair:
    """Opens a session, with the first refresh token of a new family."""
    refresh_token = RefreshToken.make()
    at, policy = now(), auth_server.policy
    opened = UserSession(
        user_id=user_id,
        tenant_id=tenant_id,
        family=fingerprint(refresh_token.family),
        current=fingerprint(refresh_token.secret),
        address=client.address,
        user_agent=client.user_agent[:MAX_USER_AGENT],
        last_used_at=at,
        idle_expires_at=at + policy.idle,
        expires_at=at + policy.lifetime,
    )
    await user_sessions.create(session, opened)
    await audit_log.record(session, SecurityEvent.SIGN_IN, actor_id=user_id, target_id=opened.id)
    return make_token_pair(auth_server, opened, tenant_id, refresh_token)


def make_token_pair(
    auth_server: AuthorizationServer,
    user_session: UserSession,
    tenant_id: UUID | None,
    refresh_token: RefreshToken,
) -> TokenPair:
    claims = AccessClaims(
        user_id=user_session.user_id, session_id=user_session.id, tenant_id=tenant_id
    )
    return TokenPair(auth_server.codec.issue(claims), str(refresh_token))


async def list_sessions(
    session: AsyncSession, actor: Principal, *, after: Position | None, limit: int
) -> Rows:
    return await user_sessions.list_of(session, actor.user_id, after=after, limit=limit)


async def revoke_session(session: AsyncSession, actor: Principal, session_id: UUID) -> None:
    """Revokes one of the actor's sessions: its access and refresh tokens are refused from now on."""
    if not await user_sessions.revoke(session, actor.user_id, session_id):
        raise NotFoundError("There is no such session")
    await audit_log.record(
        session, SecurityEvent.SESSION_REVOKED, actor_id=actor.user_id, target_id=session_id
    )


async def revoke_all_sessions(session: AsyncSession, actor: Principal) -> None:
    await user_sessions.revoke_all(session, actor.user_id)
    await audit_log.record(session, SecurityEvent.SESSIONS_REVOKED, actor_id=actor.user_id)
