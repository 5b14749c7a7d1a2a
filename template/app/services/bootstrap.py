"""What the command line does to users and tenants."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent, report
from app.core.credentials.emails import normalize_email, parse_email
from app.core.credentials.password_policy import WeakPasswordError, check_password
from app.core.errors import ConflictError, NotFoundError
from app.core.principal import Role
from app.crud import audit_events, memberships, tenants, user_sessions, users
from app.db.constraints import conflict_if_taken
from app.db.models.user import UNIQUE_EMAIL, User
from app.db.session import Database, enter_tenant

# Sessions that are ended in one transaction, which a refresh may wait for.
BATCH = 1000


def find_login_faults(email: str, password: str, tenant_name: str, *, min_length: int) -> list[str]:
    """Returns what is wrong with a login and the tenant to make with it."""
    faults = []
    try:
        parse_email(email)
    except ValueError:
        faults.append(f"{email!r} is not an e-mail address")
    try:
        check_password(password, email=email, min_length=min_length)
    except WeakPasswordError as exc:
        faults.append(str(exc))
    if not 1 <= len(tenant_name.strip()) <= 100:
        faults.append("a tenant's name has 1 to 100 characters")
    return faults


async def create_owner(
    session: AsyncSession, *, email: str, password_hash: str, tenant_name: str
) -> User:
    """Makes a user whose address counts as confirmed, and a tenant that they own.

    Raises:
        ConflictError: another user has the e-mail.
    """
    address = normalize_email(email)
    await users.lock_address(session, address)
    with conflict_if_taken(UNIQUE_EMAIL, f"A user with the e-mail {email} exists"):
        user = await users.create(session, email=address, password_hash=password_hash)
    await users.set_verified(session, user.id)
    tenant = await tenants.create(session, name=tenant_name)
    await _make_owner(session, tenant.id, user.id)
    return user


async def add_owner(session: AsyncSession, *, email: str, tenant_id: UUID) -> User:
    """Makes a user an owner of a tenant, whether they are a member or not.

    Raises:
        NotFoundError: there is no such user or tenant.
        ConflictError: the user is disabled, or never confirmed their address.
    """
    await tenants.lock(session, [tenant_id])
    if await tenants.get(session, tenant_id) is None:
        raise NotFoundError(f"There is no tenant {tenant_id}")
    user = await _get_confirmed(session, email)
    await _make_owner(session, tenant_id, user.id)
    return user


async def set_platform_admin(session: AsyncSession, *, email: str, is_admin: bool) -> User:
    """Makes a user a platform administrator, or one no longer.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: the user is disabled, or never confirmed their address.
    """
    user = await (_get_confirmed if is_admin else _get)(session, email)
    await users.update(session, user, {"is_platform_admin": is_admin})
    event = (
        SecurityEvent.PLATFORM_ADMIN_GRANTED if is_admin else SecurityEvent.PLATFORM_ADMIN_REVOKED
    )
    await audit_log.record_in_tenants_of(session, event, user.id, actor_id=None)
    return user


async def revoke_sessions(session: AsyncSession, *, email: str) -> int:
    """Ends all sessions of a user; returns how many there were.

    Raises:
        NotFoundError: there is no such user.
    """
    user = await _get(session, email)
    count = await user_sessions.revoke_all(session, user.id)
    event = SecurityEvent.SESSIONS_REVOKED
    await audit_log.record_in_tenants_of(session, event, user.id, actor_id=None)
    return count


async def revoke_every_session(database: Database, *, batch: int = BATCH) -> int:
    """Ends the sessions of everybody, in small transactions; returns how many there were.

    It is in the log alone: an event in each tenant of each user would take hours where this takes seconds.
    """
    revoked, count = 0, 1
    # Not until one is smaller: it may be so by sessions that somebody else ends meanwhile.
    while count:
        async with database.session() as session:
            count = await user_sessions.revoke_batch(session, limit=batch)
        revoked += count
    report(SecurityEvent.SESSIONS_REVOKED)
    return revoked


async def _make_owner(session: AsyncSession, tenant_id: UUID, user_id: UUID) -> None:
    membership = await memberships.get(session, tenant_id, user_id)
    if membership is None:
        await memberships.create(session, tenant_id, user_id, Role.OWNER)
    else:
        await memberships.set_role(session, membership, Role.OWNER)
    event = SecurityEvent.MEMBER_ROLE_CHANGED if membership else SecurityEvent.MEMBER_JOINED
    await enter_tenant(session, tenant_id)
    await audit_events.create(
        session, event, actor_id=None, target_id=user_id, details={"role": Role.OWNER}
    )


async def _get_confirmed(session: AsyncSession, email: str) -> User:
    user = await _get(session, email)
    if user.disabled_at is not None:
        raise ConflictError(f"{user.email} is disabled")
    if user.verified_at is None:
        raise ConflictError(f"{user.email} was never confirmed: it may be another's account")
    return user


async def _get(session: AsyncSession, email: str) -> User:
    user = await users.get_by_email(session, normalize_email(email))
    if user is None:
        raise NotFoundError(f"There is no user with the e-mail {email}")
    return user
