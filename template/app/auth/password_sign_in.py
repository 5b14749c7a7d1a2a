"""Signing in with a password (RFC 6749, section 4.3)."""

from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authorization_server import (
    AuthorizationServer,
    Client,
    SessionPolicy,
    TokenPair,
    refused,
)
from app.auth.sessions import open_session
from app.core.audit import Audit, SecurityEvent, report
from app.core.errors import OAuthError, ServiceUnavailableError, TooManyRequestsError
from app.core.limits.throttle import ThrottleKey, account_key, address_key, known_key
from app.core.security import Verdict
from app.crud import users
from app.crud.users import Candidate
from app.db.tenancy import bind_tenant


async def sign_in(
    session: AsyncSession,
    auth_server: AuthorizationServer,
    client: Client,
    *,
    email: str,
    password: str,
    tenant_id: UUID | None,
) -> TokenPair:
    """Opens a session for the tenant asked for or, without a wish, for the one joined first.

    Raises:
        OAuthError: the same one for an unknown e-mail, a wrong password, and a user who is locked
            out or has not confirmed their address.
        TooManyRequestsError: after too many attempts; the password was not looked at then.
    """
    load = partial(users.get_candidate, session, email, tenant_id=tenant_id, address=client.address)
    seen = await load()
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    keys = _throttle_keys(email, client, seen)
    verdict = await _check(auth_server, keys, password, seen)
    if seen is None or not verdict:
        raise _refused(seen)
    # Once more, and locked: what was decided meanwhile counts, a new password above all.
    candidate = await load(locks=True)
    if candidate is None or not _may_enter(candidate, seen, auth_server.policy):
        raise _refused(seen)
    if tenant_id is not None and candidate.tenant_id is None:
        report(SecurityEvent.SIGN_IN_FAILED, actor_id=candidate.user.id)
        raise OAuthError("invalid_request", "You are in no such tenant")

    account, *others = keys
    await auth_server.throttle.forget([account])
    await auth_server.throttle.release(others)
    bind_tenant(session, candidate.tenant_id)
    if verdict.new_hash:
        await users.set_password(session, candidate.user.id, verdict.new_hash)
    return await open_session(session, auth_server, client, candidate.user.id, candidate.tenant_id)


def _throttle_keys(email: str, client: Client, candidate: Candidate | None) -> list[ThrottleKey]:
    """Where somebody signed in before they have an allowance that no stranger can use up."""
    if candidate is not None and candidate.is_known_there:
        return [known_key(email, client.address)]
    return [account_key(email), address_key(client.address)]


async def _check(
    auth_server: AuthorizationServer,
    keys: list[ThrottleKey],
    password: str,
    candidate: Candidate | None,
) -> Verdict:
    """Hashes once, whoever it is about, unless there were too many attempts."""
    if wait := await auth_server.throttle.reserve(keys):
        report(SecurityEvent.SIGN_IN_THROTTLED, actor_id=candidate.user.id if candidate else None)
        raise TooManyRequestsError("Too many attempts to sign in", retry_after=wait)
    stored = candidate.user.password_hash if candidate else None
    try:
        return await auth_server.hasher.verify(password, stored)
    except ServiceUnavailableError:
        await auth_server.throttle.release(keys)  # nobody looked: it was no guess
        raise


def _may_enter(candidate: Candidate, seen: Candidate, policy: SessionPolicy) -> bool:
    user = candidate.user
    is_confirmed = user.verified_at is not None or not policy.requires_verified_email
    is_same = user.password_hash == seen.user.password_hash
    return is_confirmed and is_same and user.disabled_at is None


def _refused(candidate: Candidate | None) -> OAuthError:
    user_id = candidate.user.id if candidate else None
    report(SecurityEvent.SIGN_IN_FAILED, actor_id=user_id)
    error = refused()
    if candidate is not None and candidate.tenant_id is not None:
        error.audit = Audit(SecurityEvent.SIGN_IN_FAILED, candidate.tenant_id, candidate.user.id)
    return error
