"""What users do with their own account. What comes by mail proves that the address is theirs.

What is asked for an address is done after the answer, which so tells nothing about the address.
"""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.credentials.password_policy import NewPasswords
from app.core.errors import ForbiddenError, TooManyRequestsError
from app.core.limits.throttle import Throttle, address_key
from app.core.principal import Role
from app.crud import memberships, tenants, user_sessions, users
from app.db.constraints import violates
from app.db.models.one_time_token import Purpose
from app.db.models.user import UNIQUE_EMAIL
from app.db.tenancy import bind_tenant
from app.services import mails, one_time_tokens
from app.services.mailer import Mail
from app.services.mails import Mailing


class WrongPasswordError(ForbiddenError):
    code = "wrong_password"


async def count_request(throttle: Throttle, address: str) -> None:
    """Raises TooManyRequestsError when too much was asked for from one network address."""
    if wait := await throttle.reserve([address_key(address)]):
        raise TooManyRequestsError("Too many requests from your address", retry_after=wait)


async def register(
    session: AsyncSession, mailing: Mailing, *, email: str, password_hash: str
) -> Mail | None:
    """Makes a user with a tenant of their own, or tells who has the address that it is taken."""
    user_id = await _create(session, email, password_hash)
    if not await mailing.allows(email, "registration"):
        return None
    if user_id is None:
        return mails.already_registered(mailing, email)
    token = await one_time_tokens.issue(session, user_id, Purpose.EMAIL_VERIFICATION)
    return mails.verify_email(mailing, email, token)


async def _create(session: AsyncSession, email: str, password_hash: str) -> UUID | None:
    """Makes the user and their tenant; returns None if somebody has the address."""
    tenant_id = uuid4()
    bind_tenant(session, tenant_id)
    try:
        async with session.begin_nested():
            user = await users.create(session, email=email, password_hash=password_hash)
    except IntegrityError as exc:
        if violates(exc, UNIQUE_EMAIL):
            return None
        raise
    await tenants.create(session, tenant_id=tenant_id, name=email.partition("@")[0][:100])
    await memberships.create(session, tenant_id, user.id, Role.OWNER)
    await audit_log.record(session, SecurityEvent.USER_REGISTERED, actor_id=user.id)
    return user.id


async def request_verification(
    session: AsyncSession, mailing: Mailing, *, email: str
) -> Mail | None:
    """Returns a mail for somebody who has yet to confirm their address."""
    user = await users.get_by_email(session, email)
    if user is None or user.verified_at or user.disabled_at:
        return None
    if not await mailing.allows(email, "verification"):
        return None
    token = await one_time_tokens.issue(session, user.id, Purpose.EMAIL_VERIFICATION)
    return mails.verify_email(mailing, email, token)


async def verify_email(
    session: AsyncSession, passwords: NewPasswords, *, token: str, password: str
) -> None:
    """Confirms an address by somebody who reads its mail and knows the account's password.

    Without the password, a click on the link would confirm an account that somebody else made for
    the address, with a password of their own.

    Raises:
        WrongPasswordError: the account has another one. The token stays good.
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
    """Returns a mail for whoever has an account under the address."""
    user = await users.get_by_email(session, email)
    if user is None or user.disabled_at:
        return None
    if not await mailing.allows(email, "reset"):
        return None
    token = await one_time_tokens.issue(session, user.id, Purpose.PASSWORD_RESET)
    await audit_log.record_in_first_tenant(session, SecurityEvent.PASSWORD_RESET_REQUESTED, user.id)
    return mails.reset_password(mailing, email, token)


async def reset_password(
    session: AsyncSession, passwords: NewPasswords, *, token: str, new_password: str
) -> None:
    """Sets the password, which confirms the address as well, and ends all sessions."""
    user = await one_time_tokens.get_user(session, Purpose.PASSWORD_RESET, token)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    password_hash = await passwords.hash(new_password, email=user.email)

    await one_time_tokens.redeem(session, Purpose.PASSWORD_RESET, token)
    await users.set_verified(session, user.id)
    await users.set_password(session, user.id, password_hash)
    await user_sessions.revoke_all(session, user.id)
    await audit_log.record_in_first_tenant(session, SecurityEvent.PASSWORD_RESET, user.id)
