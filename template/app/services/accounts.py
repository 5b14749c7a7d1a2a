"""What users do with their own account. What comes by mail proves that the address is theirs.

What is requested for an address takes the same statements whether it has an account or not: the time
of a response tells nothing about the address. Only the mail goes out behind it.
"""

from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.credentials.password_policy import NewPasswords
from app.core.errors import ForbiddenError, TooManyRequestsError
from app.core.limits.throttle import Throttle, account_key, address_key
from app.core.principal import Role
from app.crud import invitations, memberships, tenants, user_sessions, users
from app.db.after_commit import after_commit
from app.db.models.one_time_token import Purpose
from app.db.savepoints import savepoint
from app.db.session import enter_tenant
from app.services import mails, one_time_tokens
from app.services.mailer import Mail
from app.services.mails import Mailing


class WrongPasswordError(ForbiddenError):
    code = "wrong_password"


async def count_request(throttle: Throttle, address: str) -> None:
    """Raises TooManyRequestsError after too many requests from one network address."""
    if wait := await throttle.reserve([address_key(address)]):
        raise TooManyRequestsError("Too many requests from your address", retry_after=wait)


async def register(
    session: AsyncSession, mailing: Mailing, *, email: str, password_hash: str
) -> Mail | None:
    """Makes a user with a tenant of their own, and returns a mail to confirm the address.

    The holder of an address that has a user is told so by mail; the same statements are rolled back.
    """
    if not await mailing.allows(email, "registration"):
        return None
    # Requests that make a user of this address are serialized: the response is never a conflict.
    await users.lock_address(session, email)
    is_taken = await users.get_by_email(session, email) is not None
    tenant_id = uuid4()
    await enter_tenant(session, tenant_id)
    async with savepoint(session, keeps=not is_taken):
        new_email = f"{tenant_id}@rolled-back.invalid" if is_taken else email
        user = await users.create(session, email=new_email, password_hash=password_hash)
        await _create_tenant(session, user.id, email, tenant_id)
        await audit_log.record(session, SecurityEvent.USER_REGISTERED, actor_id=user.id)
        token = await one_time_tokens.issue(session, user.id, Purpose.EMAIL_VERIFICATION)
    if is_taken:
        return mails.already_registered(mailing, email)
    return mails.verify_email(mailing, email, token)


async def _create_tenant(
    session: AsyncSession, user_id: UUID, email: str, tenant_id: UUID | None = None
) -> None:
    """Makes a tenant that the user owns, with the name of their mailbox."""
    name = email.partition("@")[0][:100]
    tenant = await tenants.create(session, tenant_id=tenant_id, name=name)
    await memberships.create(session, tenant.id, user_id, Role.OWNER)


async def request_verification(
    session: AsyncSession, mailing: Mailing, *, email: str
) -> Mail | None:
    """Returns a mail for a user who has yet to confirm their address."""
    if not await mailing.allows(email, "verification"):
        return None
    user = await users.get_by_email(session, email)
    is_open = user is not None and user.disabled_at is None and user.verified_at is None
    user_id = user.id if user is not None and is_open else None
    token = await one_time_tokens.issue(session, user_id, Purpose.EMAIL_VERIFICATION)
    await audit_log.record_in_first_tenant(session, SecurityEvent.VERIFICATION_REQUESTED, user_id)
    return mails.verify_email(mailing, email, token) if user_id else None


async def verify_email(
    session: AsyncSession, passwords: NewPasswords, *, token: str, password: str
) -> None:
    """Confirms an address, by a user who reads its mail and knows the account's password.

    Without the password, a click on the link would confirm an account that somebody else made for
    the address, with a password of their own.

    Raises:
        WrongPasswordError: the account has another one. The token stays valid.
    """
    user = await one_time_tokens.get_user(session, Purpose.EMAIL_VERIFICATION, token)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    if not await passwords.hasher.verify(password, user.password_hash):
        raise WrongPasswordError("The account has another password: set a new one if it is yours")
    await one_time_tokens.redeem(session, Purpose.EMAIL_VERIFICATION, token)
    await users.set_verified(session, user.id)
    await audit_log.record_in_first_tenant(session, SecurityEvent.USER_VERIFIED, user.id)


async def request_password_reset(
    session: AsyncSession, mailing: Mailing, *, email: str
) -> Mail | None:
    """Returns a mail for the user of the address."""
    if not await mailing.allows(email, "reset"):
        return None
    user = await users.get_by_email(session, email)
    user_id = user.id if user is not None and user.disabled_at is None else None
    token = await one_time_tokens.issue(session, user_id, Purpose.PASSWORD_RESET)
    await audit_log.record_in_first_tenant(session, SecurityEvent.PASSWORD_RESET_REQUESTED, user_id)
    return mails.reset_password(mailing, email, token) if user_id else None


async def reset_password(
    session: AsyncSession,
    passwords: NewPasswords,
    throttle: Throttle,
    *,
    token: str,
    new_password: str,
) -> None:
    """Sets the password, which confirms the address as well, and ends all sessions.

    A user whose address was never confirmed starts with a tenant of their own and no other.
    """
    user = await one_time_tokens.get_user(session, Purpose.PASSWORD_RESET, token)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    password_hash = await passwords.hash(new_password, email=user.email)

    await one_time_tokens.redeem(session, Purpose.PASSWORD_RESET, token)
    if await claim_unproven(session, user.id):
        await _create_tenant(session, user.id, user.email)
    await users.set_password(session, user.id, password_hash)
    await user_sessions.revoke_all(session, user.id)
    await audit_log.record_in_first_tenant(session, SecurityEvent.PASSWORD_RESET, user.id)
    # Guesses of others no longer delay a user who has proven to be themselves.
    after_commit(session, partial(throttle.forget, [account_key(user.email)]))


async def claim_unproven(session: AsyncSession, user_id: UUID) -> bool:
    """Confirms a user's address; returns whether it was not confirmed before.

    Then a stranger may have registered it, and be in its tenants under another address. So the user
    leaves them, and their invitations are void.
    """
    await tenants.lock(session, await memberships.list_tenant_ids_of(session, user_id))
    user = (await users.lock(session, [user_id]))[user_id]
    if user.verified_at is not None:
        return False
    await memberships.delete_all_of(session, user_id)
    await invitations.delete_all_by(session, user_id)
    await users.update(session, user, {"name": ""})
    await users.set_verified(session, user_id)
    return True
