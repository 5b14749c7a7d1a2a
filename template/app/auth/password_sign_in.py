"""Signing in with a password (RFC 6749, section 4.3)."""

from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import sign_in_throttle
from app.auth.authorization_server import (
    AuthorizationServer,
    Client,
    SessionPolicy,
    TokenPair,
    invalid_grant,
)
from app.auth.sessions import open_session
from app.auth.sign_in_throttle import Attempt
from app.core.audit import SecurityEvent, report
from app.core.errors import OAuthError, ServiceUnavailableError
from app.core.security import PasswordCheck
from app.crud import audit_events, sign_in_candidates, users
from app.crud.sign_in_candidates import SignInCandidate
from app.db.savepoints import savepoint
from app.db.session import Database, independent_transaction
from app.db.tenancy import bind_tenant


async def sign_in(
    database: Database,
    session: AsyncSession,
    auth_server: AuthorizationServer,
    client: Client,
    *,
    email: str,
    password: str,
    tenant_id: UUID | None,
) -> TokenPair:
    """Opens a session in the requested tenant or, without one, in the tenant joined first.

    Raises:
        OAuthError: the same one for an unknown e-mail, a wrong password, and a user who is disabled
            or has not confirmed their address.
        TooManyRequestsError: after too many attempts.
    """
    # Beside the session, which takes its connection after the hash: that takes its time, and meanwhile
    # another request may have the connection.
    candidate = await sign_in_candidates.get(
        database, email, tenant_id=tenant_id, address=client.address
    )
    attempt = await sign_in_throttle.reserve_attempt(
        auth_server.throttle, email, client.address, candidate.user_id if candidate else None
    )
    check = await _check_password(auth_server, attempt, password, candidate)
    if candidate is None or not check or (attempt.wait and not candidate.is_known_address):
        raise await _fail(session, attempt, candidate)
    # Once more, and locked: what was changed meanwhile counts, a new password above all.
    current = await sign_in_candidates.lock(
        session, email, tenant_id=tenant_id, address=client.address
    )
    if current is None or not _may_sign_in(current, candidate, auth_server.policy):
        raise await _fail(session, attempt, candidate)
    if tenant_id is not None and current.tenant_id is None:
        report(SecurityEvent.SIGN_IN_FAILED, actor_id=current.user_id)
        raise OAuthError("invalid_request", "You are not a member of this tenant")

    await sign_in_throttle.succeed(auth_server.throttle, attempt)
    bind_tenant(session, current.tenant_id)
    if check.new_hash:
        await users.set_password(session, current.user_id, check.new_hash)
    return await open_session(session, auth_server, client, current.user_id, current.tenant_id)


async def _check_password(
    auth_server: AuthorizationServer,
    attempt: Attempt,
    password: str,
    candidate: SignInCandidate | None,
) -> PasswordCheck:
    """Computes one hash, also for an unknown e-mail."""
    stored = candidate.password_hash if candidate else None
    try:
        return await auth_server.hasher.verify(password, stored)
    except ServiceUnavailableError:
        await sign_in_throttle.release(auth_server.throttle, attempt)
        raise


def _may_sign_in(current: SignInCandidate, checked: SignInCandidate, policy: SessionPolicy) -> bool:
    is_confirmed = current.verified_at is not None or not policy.requires_verified_email
    is_same_password = current.password_hash == checked.password_hash
    return is_confirmed and is_same_password and current.disabled_at is None


async def _fail(
    session: AsyncSession, attempt: Attempt, candidate: SignInCandidate | None
) -> Exception:
    """Records the failure, with the same statements when there is no tenant to record it in.

    Otherwise the time of the response would tell who has an account. Failures that are throttled
    are only logged and counted, so that a flood fills no table.
    """
    user_id = candidate.user_id if candidate else None
    if attempt.wait:
        return sign_in_throttle.throttled(attempt.wait, user_id)
    tenant_id = candidate.tenant_id if candidate else None
    report(SecurityEvent.SIGN_IN_FAILED, actor_id=user_id)
    bind_tenant(session, tenant_id or uuid4())
    async with independent_transaction(session) as own, savepoint(own, keeps=bool(tenant_id)):
        await audit_events.create(own, SecurityEvent.SIGN_IN_FAILED, actor_id=user_id or uuid4())
    return invalid_grant()
