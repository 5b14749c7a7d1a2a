"""Signing in with a password (RFC 6749, section 4.3)."""

from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authorization_server import (
    AuthorizationServer,
    Client,
    SessionPolicy,
    TokenPair,
    invalid_grant,
)
from app.auth.sessions import open_session
from app.core.audit import SecurityEvent, report
from app.core.errors import OAuthError, ServiceUnavailableError, TooManyRequestsError
from app.core.limits.throttle import ThrottleKey, account_key, address_key, known_key
from app.core.security import PasswordCheck
from app.crud import audit_events, users
from app.crud.users import SignInCandidate
from app.db.session import independent_transaction
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
    """Opens a session in the requested tenant or, without one, in the tenant joined first.

    Raises:
        OAuthError: the same one for an unknown e-mail, a wrong password, and a user who is disabled
            or has not confirmed their address.
        TooManyRequestsError: after too many attempts; the password is not checked then.
    """
    load = partial(users.get_candidate, session, email, tenant_id=tenant_id, address=client.address)
    candidate = await load()
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    keys = _throttle_keys(email, client, candidate)
    check = await _check_password(auth_server, keys, password, candidate)
    if candidate is None or not check:
        raise await _fail(session, candidate)
    # Once more, and locked: what was changed meanwhile counts, a new password above all.
    current = await load(locks=True)
    if current is None or not _may_sign_in(current, candidate, auth_server.policy):
        raise await _fail(session, candidate)
    if tenant_id is not None and current.tenant_id is None:
        report(SecurityEvent.SIGN_IN_FAILED, actor_id=current.user.id)
        raise OAuthError("invalid_request", "You are not a member of this tenant")

    account, *others = keys
    await auth_server.throttle.forget([account])
    await auth_server.throttle.release(others)
    bind_tenant(session, current.tenant_id)
    if check.new_hash:
        await users.set_password(session, current.user.id, check.new_hash)
    return await open_session(session, auth_server, client, current.user.id, current.tenant_id)


def _throttle_keys(
    email: str, client: Client, candidate: SignInCandidate | None
) -> list[ThrottleKey]:
    """Where a user has signed in before, they have an allowance that no stranger can use up."""
    if candidate is not None and candidate.is_known_address:
        return [known_key(email, client.address)]
    return [account_key(email), address_key(client.address)]


async def _check_password(
    auth_server: AuthorizationServer,
    keys: list[ThrottleKey],
    password: str,
    candidate: SignInCandidate | None,
) -> PasswordCheck:
    """Computes one hash, also for an unknown e-mail, unless there were too many attempts."""
    if wait := await auth_server.throttle.reserve(keys):
        report(SecurityEvent.SIGN_IN_THROTTLED, actor_id=candidate.user.id if candidate else None)
        raise TooManyRequestsError("Too many attempts to sign in", retry_after=wait)
    stored = candidate.user.password_hash if candidate else None
    try:
        return await auth_server.hasher.verify(password, stored)
    except ServiceUnavailableError:
        await auth_server.throttle.release(keys)  # the password was not checked
        raise


def _may_sign_in(current: SignInCandidate, checked: SignInCandidate, policy: SessionPolicy) -> bool:
    user = current.user
    is_confirmed = user.verified_at is not None or not policy.requires_verified_email
    is_same_password = user.password_hash == checked.user.password_hash
    return is_confirmed and is_same_password and user.disabled_at is None


async def _fail(session: AsyncSession, candidate: SignInCandidate | None) -> OAuthError:
    """Records a failed sign-in, with the same statements when there is no tenant to tell of it.

    Otherwise the time of the response would tell who has an account.
    """
    user_id = candidate.user.id if candidate else None
    tenant_id = candidate.tenant_id if candidate else None
    report(SecurityEvent.SIGN_IN_FAILED, actor_id=user_id)
    bind_tenant(session, tenant_id or uuid4())
    async with independent_transaction(session, waits_for_disk=False) as own:
        await audit_events.create(own, SecurityEvent.SIGN_IN_FAILED, actor_id=user_id or uuid4())
        if tenant_id is None:
            await own.rollback()
    return invalid_grant()
