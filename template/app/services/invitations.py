"""Joining a tenant by invitation: the holder of the token reads the mail of the invited address."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit_log
from app.core.audit import SecurityEvent
from app.core.credentials.opaque_tokens import fingerprint, make_token
from app.core.credentials.password_policy import NewPasswords
from app.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnprocessableError,
)
from app.core.http.pagination import Position
from app.core.limits.throttle import Throttle, account_key
from app.core.principal import INVITATIONS_WRITE, PLATFORM_GRANTS, Principal, Role, at_least
from app.crud import invitations, memberships, tenants, user_sessions, users
from app.crud.keyset import Rows
from app.db.after_commit import after_commit
from app.db.base import now
from app.db.constraints import conflict_if_taken
from app.db.models.invitation import UNIQUE_INVITATION, Invitation
from app.db.models.user import UNIQUE_EMAIL, User
from app.db.tenancy import bind_tenant
from app.services import mails
from app.services.accounts import WrongPasswordError, claim_unproven
from app.services.mailer import Mail
from app.services.one_time_tokens import InvalidOneTimeTokenError
from app.services.tenants import lock_tenant

LIFETIME = timedelta(days=7)
CHANGED = "The account of this address has changed a moment ago: try again"


class PasswordRequiredError(UnprocessableError):
    code = "password_required"


class UnverifiedError(ForbiddenError):
    code = "email_not_verified"


async def create_invitation(
    session: AsyncSession,
    mailing: mails.Mailing,
    actor: Principal,
    address: str,
    *,
    email: str,
    role: Role,
) -> tuple[Invitation, Mail]:
    """Offers a role to an address; an earlier offer to it is void.

    Raises:
        ForbiddenError: the role is above the actor's own.
        UnverifiedError: the actor's own address was never confirmed.
        ConflictError: the address is a member's.
        TooManyRequestsError: the address, the actor or their network address has had too many.
    """
    actor.require_reach(role)
    tenant = await lock_tenant(session, actor)
    await _require_verified(session, actor)
    if await memberships.is_member(session, tenant.id, email):
        raise ConflictError("This address is a member's")
    if wait := await mailing.count_invitation(email, actor.user_id, address):
        raise TooManyRequestsError("Too many invitations: try again later", retry_after=wait)
    token = make_token()
    with conflict_if_taken(UNIQUE_INVITATION, "This address was invited a moment ago"):
        invitation = await invitations.replace(
            session,
            tenant.id,
            email=email,
            role=role,
            fingerprint=fingerprint(token),
            invited_by=actor.user_id,
            expires_at=now() + LIFETIME,
        )
    await audit_log.record(
        session,
        SecurityEvent.MEMBER_INVITED,
        actor_id=actor.user_id,
        target_id=invitation.id,
        role=role,
    )
    return invitation, mails.invitation(mailing, email, token, tenant_name=tenant.name)


async def _require_verified(session: AsyncSession, actor: Principal) -> None:
    """Raises UnverifiedError unless the actor's address was confirmed: it may be another's."""
    user = await users.get(session, actor.user_id)
    if user is None or user.verified_at is None:
        raise UnverifiedError("Confirm your own address before you invite others")


async def list_invitations(
    session: AsyncSession, actor: Principal, *, after: Position | None, limit: int
) -> Rows:
    return await invitations.list_of(session, actor.require_tenant(), after=after, limit=limit)


async def delete_invitation(session: AsyncSession, actor: Principal, invitation_id: UUID) -> None:
    """Revokes an invitation."""
    tenant = await lock_tenant(session, actor)
    if not await invitations.delete(session, tenant.id, invitation_id):
        raise NotFoundError("There is no such invitation")
    await audit_log.record(
        session,
        SecurityEvent.INVITATION_REVOKED,
        actor_id=actor.user_id,
        target_id=invitation_id,
    )


async def accept_invitation(
    session: AsyncSession,
    passwords: NewPasswords,
    throttle: Throttle,
    *,
    token: str,
    password: str | None,
) -> None:
    """Makes the invited address a member, and a user with this password if it is new.

    A user who never confirmed the address is new, too: somebody else may have registered it.

    Raises:
        InvalidOneTimeTokenError: there is no such invitation, or it has expired.
        PasswordRequiredError: the user is new, and there is no password.
        WrongPasswordError: the user is not new, and has another password than the one given.
    """
    invitation = await invitations.get_by_fingerprint(session, fingerprint(token))
    if invitation is None:
        raise _invalid()
    user = await users.get_by_email(session, invitation.email)
    # Hashing takes its time: meanwhile another request may have the connection.
    await session.close()
    password_hash = await _hash_new_password(passwords, invitation.email, user, password)

    bind_tenant(session, invitation.tenant_id)
    await tenants.lock(session, [invitation.tenant_id])
    if not await _redeem(session, invitation):
        raise _invalid()
    member_id = await _confirm_user(session, throttle, invitation.email, user, password_hash)
    if await memberships.get(session, invitation.tenant_id, member_id) is None:
        await memberships.create(session, invitation.tenant_id, member_id, invitation.role)
        await audit_log.record(
            session, SecurityEvent.MEMBER_JOINED, actor_id=member_id, role=invitation.role
        )


async def _hash_new_password(
    passwords: NewPasswords, email: str, user: User | None, password: str | None
) -> str | None:
    """Returns the hash of a new user's password; None for one who has a password already."""
    if user is None or user.verified_at is None:
        if password is None:
            raise PasswordRequiredError("Choose a password: this address has no account yet")
        return await passwords.hash(password, email=email)
    if password is not None and not await passwords.hasher.verify(password, user.password_hash):
        raise WrongPasswordError("This address has an account, with another password")
    return None


async def _redeem(session: AsyncSession, invitation: Invitation) -> bool:
    """Deletes an invitation; False if it is gone, or if its inviter may no longer make it."""
    tenant_id = invitation.tenant_id
    role = await memberships.get_active_role(session, tenant_id, invitation.invited_by)
    may_invite = role in PLATFORM_GRANTS[INVITATIONS_WRITE] and role in at_least(invitation.role)
    return await invitations.delete(session, tenant_id, invitation.id) and may_invite


async def _confirm_user(
    session: AsyncSession,
    throttle: Throttle,
    email: str,
    user: User | None,
    password_hash: str | None,
) -> UUID:
    """Returns a user whose address is confirmed and whose password was set by its owner."""
    if user is None:
        await users.lock_address(session, email)
        with conflict_if_taken(UNIQUE_EMAIL, CHANGED):
            user = await users.create(session, email=email, password_hash=password_hash or "")
    elif password_hash and not await users.replace_password(session, user, password_hash):
        raise ConflictError(CHANGED)
    if password_hash:
        await user_sessions.revoke_all(session, user.id)
        await claim_unproven(session, user.id)
        after_commit(session, partial(throttle.forget, [account_key(email)]))
    return user.id


def _invalid() -> InvalidOneTimeTokenError:
    return InvalidOneTimeTokenError("This invitation is not valid, or no longer")
