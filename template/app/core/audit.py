"""Security events: their names, which are stable, and their way into the log and the metrics."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from loguru import logger

from app.core.http.context import client_address
from app.core.metrics.series import security_events

# As the table stores them.
MAX_NAME_LENGTH = 64


class EventName(StrEnum):
    """What may be recorded. A service's own names are an enum of this, in `extensions.audit_events`."""


class SecurityEvent(EventName):
    USER_REGISTERED = "user.registered"
    VERIFICATION_REQUESTED = "verification.requested"
    USER_VERIFIED = "user.verified"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    PLATFORM_ADMIN_GRANTED = "platform_admin.granted"
    PLATFORM_ADMIN_REVOKED = "platform_admin.revoked"
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_THROTTLED = "sign_in.throttled"
    REFRESH_REUSED = "refresh.reused"
    SESSION_REVOKED = "session.revoked"
    SESSIONS_REVOKED = "sessions.revoked"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - an event, not a secret
    PASSWORD_RESET_REQUESTED = "password_reset.requested"  # noqa: S105 - likewise
    PASSWORD_RESET = "password.reset"  # noqa: S105 - likewise
    TENANT_CREATED = "tenant.created"
    TENANT_UPDATED = "tenant.updated"
    TENANT_DELETED = "tenant.deleted"
    MEMBER_INVITED = "member.invited"
    INVITATION_REVOKED = "invitation.revoked"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"


# They happen behind a 202 that does not tell who has an account: neither may a series.
UNCOUNTED = frozenset(
    {
        SecurityEvent.USER_REGISTERED,
        SecurityEvent.VERIFICATION_REQUESTED,
        SecurityEvent.PASSWORD_RESET_REQUESTED,
    }
)


def start_counting(events: Iterable[type[EventName]]) -> None:
    """Starts the series of every name at 0, so that its first event is a rate already.

    Raises:
        ValueError: two enums have the same name, or one is too long to be stored.
    """
    enums: list[type[EventName]] = [SecurityEvent, *events]
    names = [name for enum in enums for name in enum]
    for name in names:
        if names.count(name) > 1 or len(name) > MAX_NAME_LENGTH:
            raise ValueError(f"{name!r}: use another name, of up to {MAX_NAME_LENGTH} characters")
        if name not in UNCOUNTED:
            security_events.labels(name)


def report(
    event: EventName, *, actor_id: UUID | None = None, target_id: UUID | None = None
) -> None:
    """Logs an event, and counts it. `target_id` is whom or what it happened to, if not the actor."""
    if event not in UNCOUNTED:
        security_events.labels(event=event).inc()
    logger.bind(
        event="security", kind=event, user=actor_id, target=target_id, client=client_address.get()
    ).info("security event")
