"""Rows of the platform's own tables for a seeded tenant."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.audit import SecurityEvent
from app.core.principal import Role
from app.db.base import Base
from app.db.models.platform import AuditEvent, Invitation, Membership, Tenant, User, UserSession
from app.services.invitations import LIFETIME
from app.services.seeding.tenants import NewMember, NewTenant

INVITATIONS = 5
# Of each member. These events come besides those of the rows made here.
SESSIONS = 2
OTHER_EVENTS = 17
ROWS_OF_A_MEMBER = 3 + 2 * SESSIONS + OTHER_EVENTS

SESSION_LIFETIME, IDLE = timedelta(days=30), timedelta(days=14)
USER_AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Macintosh)", "curl/8.9.1"]
OF_SESSIONS = [SecurityEvent.SIGN_IN, SecurityEvent.SESSION_REVOKED]
EVENTS = [*OF_SESSIONS, *OF_SESSIONS, SecurityEvent.SIGN_IN_FAILED, SecurityEvent.PASSWORD_CHANGED]


def count_rows(members: int) -> int:
    """Returns how many `make_rows` yields."""
    return 1 + 2 * INVITATIONS + members * ROWS_OF_A_MEMBER


def make_rows(tenant: NewTenant, password_hash: str) -> Iterator[Base]:
    """Yields the tenant and its people, whose addresses are confirmed; they share a password."""
    yield Tenant(id=tenant.tenant_id, name=tenant.name, created_at=tenant.members[0].joined_at)
    for member in tenant.members:
        yield User(
            id=member.user_id,
            email=member.email,
            name=member.name,
            password_hash=password_hash,
            created_at=member.joined_at,
            verified_at=member.joined_at,
        )
    for member in tenant.members:
        yield Membership(
            tenant_id=tenant.tenant_id,
            user_id=member.user_id,
            role=member.role,
            created_at=member.joined_at,
        )
    invitations = [_make_invitation(tenant, number) for number in range(1, INVITATIONS + 1)]
    sessions = [_make_session(tenant, member) for member in tenant.members for _ in range(SESSIONS)]
    yield from invitations
    yield from sessions
    yield from _make_events(tenant, invitations, sessions)


def _make_invitation(tenant: NewTenant, number: int) -> Invitation:
    created_at = tenant.make_time(since=tenant.now - LIFETIME * 0.9)
    return Invitation(
        id=tenant.make_id(),
        tenant_id=tenant.tenant_id,
        email=f"invited-{number}{tenant.address_ending}",
        role=Role.MEMBER,
        fingerprint=_make_fingerprint(tenant),
        invited_by=tenant.members[0].user_id,
        created_at=created_at,
        expires_at=created_at + LIFETIME,
    )


def _make_session(tenant: NewTenant, member: NewMember) -> UserSession:
    created_at = tenant.make_time(since=member.joined_at)
    last_used_at = tenant.make_time(since=created_at)
    return UserSession(
        id=tenant.make_id(),
        user_id=member.user_id,
        tenant_id=tenant.tenant_id,
        family=_make_fingerprint(tenant),
        current=_make_fingerprint(tenant),
        address=_make_address(tenant),
        user_agent=tenant.random.choice(USER_AGENTS),
        created_at=created_at,
        last_used_at=last_used_at,
        idle_expires_at=last_used_at + IDLE,
        expires_at=created_at + SESSION_LIFETIME,
    )


def _make_events(
    tenant: NewTenant, invitations: list[Invitation], sessions: list[UserSession]
) -> Iterator[AuditEvent]:
    for offer in invitations:
        yield _make_event(
            tenant,
            SecurityEvent.MEMBER_INVITED,
            offer.invited_by,
            offer.created_at,
            target_id=offer.id,
            role=offer.role,
        )
    for begun in sessions:
        yield _make_event(
            tenant, SecurityEvent.SIGN_IN, begun.user_id, begun.created_at, target_id=begun.id
        )
    for member in tenant.members:
        yield _make_event(
            tenant, SecurityEvent.MEMBER_JOINED, member.user_id, member.joined_at, role=member.role
        )
        for _ in range(OTHER_EVENTS):
            event = tenant.random.choice(EVENTS)
            yield _make_event(
                tenant,
                event,
                member.user_id,
                tenant.make_time(since=member.joined_at),
                target_id=tenant.make_id() if event in OF_SESSIONS else None,
            )


def _make_event(
    tenant: NewTenant,
    event: SecurityEvent,
    actor_id: UUID,
    created_at: datetime,
    *,
    target_id: UUID | None = None,
    **details: Any,
) -> AuditEvent:
    return AuditEvent(
        id=tenant.make_id(),
        event=event,
        actor_id=actor_id,
        target_id=target_id,
        created_at=created_at,
        address=_make_address(tenant),
        request_id=tenant.make_id().hex,
        request_id_from_client=False,
        details=details,
    )


def _make_address(tenant: NewTenant) -> str:
    # For documentation (RFC 5737): no host has it.
    return f"192.0.2.{tenant.random.randint(1, 254)}"


def _make_fingerprint(tenant: NewTenant) -> str:
    # Not the fingerprint of a token: anybody who knows the seed could sign in with that token.
    return f"{tenant.random.getrandbits(256):064x}"
