"""What users do with their own account. What comes by mail proves that the address is theirs."""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.mailer import Mail
from app.core.passwords import NewPasswords
from app.core.principal import Role
from app.core.security_events import SecurityEvent
from app.crud import audit_events, memberships, tenants, user_sessions, users
from app.db.models.one_time_token import Purpose
from app.db.tenancy import bind_tenant
from app.services import mails, one_time_tokens


async def register(
    session: AsyncSession,
    passwords: NewPasswords,
    mailing: mails.Mailing,
    *,
    email: str,
    password: str,
) -> Mail | None:
    """Makes a user with a tenant of their own, or tells who has the address that it is taken.

    The answer is the same and so is the work on the password: only the reader of the mail learns
    which it was. There is no mail when the address was sent too many.
    """
    password_hash = await passwords.hash(password, email=email)
    if not await mailing.allows(email):
        return None
    user_id = await _create(session, email, password_hash)
    if user_id is None:
        return mails.already_registered(mailing, email)
    token = await one_time_tokens.issue(session, user_id, Purpose.EMAIL_VERIFICATION)
    return mails.verify_email(mailing, email, token)


async def _create(session: AsyncSession, email: str, password_hash: str) -> UUID | None:
    """Makes the user and their tenant; returns None if somebody has the address."""
    tenant_id = uuid4()
    bind_tenant(session, tenant_id)
    if await users.get_by_email(session, email):
        return None
    try:
        async with session.begin_nested():
            user = await users.create(session, email=email, password_hash=password_hash)
    except IntegrityError:  # registered a moment ago
        return None
    await tenants.create(session, tenant_id=tenant_id, name=email.partition("@")[0][:100])
    await memberships.create(session, tenant_id, user.id, Role.OWNER)
    await audit_events.record(session, SecurityEvent.USER_REGISTERED, actor_id=user.id)
    return user.id


async def request_verification(
    session: AsyncSession, mailing: mails.Mailing, email: str
) -> Mail | None:
    """Returns a mail for somebody who has yet to confirm their address."""
    if not await mailing.allows(email):
        return None
    user = await users.get_by_email(session, email)
    if user is None or user.verified_at or user.disabled_at:
        return None
    token = await one_time_tokens.issue(session, user.id, Purpose.EMAIL_VERIFICATION)
    return mails.verify_email(mailing, email, token)


async def verify_email(session: AsyncSession, token: str) -> None:
    user_id = await one_time_tokens.redeem(session, Purpose.EMAIL_VERIFICATION, token)
    await users.set_verified(session, user_id)
    await audit_events.record_at_home(session, SecurityEvent.USER_VERIFIED, user_id)


async def request_password_reset(
    session: AsyncSession, mailing: mails.Mailing, email: str
) -> Mail | None:
    """Returns a mail for whoever has an account under the address."""
    if not await mailing.allows(email):
        return None
    user = await users.get_by_email(session, email)
    if user is None or user.disabled_at:
        return None
    token = await one_time_tokens.issue(session, user.id, Purpose.PASSWORD_RESET)
    await audit_events.record_at_home(session, SecurityEvent.PASSWORD_RESET_REQUESTED, user.id)
    return mails.reset_password(mailing, email, token)


async def reset_password(
    session: AsyncSession, passwords: NewPasswords, token: str, new_password: str
) -> None:
    """Sets the password, which confirms the address as well, and ends all sessions."""
    email = await one_time_tokens.get_email(session, Purpose.PASSWORD_RESET, token)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    password_hash = await passwords.hash(new_password, email=email)

    user_id = await one_time_tokens.redeem(session, Purpose.PASSWORD_RESET, token)
    await users.set_verified(session, user_id)
    await users.set_password(session, user_id, password_hash)
    await user_sessions.revoke_all(session, user_id)
    await audit_events.record_at_home(session, SecurityEvent.PASSWORD_RESET, user_id)
