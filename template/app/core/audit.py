"""Security events: their names, which are stable, and their way into the log and the metrics."""

from enum import StrEnum
from uuid import UUID

from loguru import logger

from app.core.http.context import client_address
from app.core.metrics import security_events


class SecurityEvent(StrEnum):
    USER_REGISTERED = "user.registered"
    USER_VERIFIED = "user.verified"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
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


for _event in SecurityEvent:
    security_events.labels(_event)


def report(
    event: SecurityEvent, *, actor_id: UUID | None = None, target_id: UUID | None = None
) -> None:
    """Logs and counts an event. `target_id` is whom or what it happened to, if not the actor."""
    security_events.labels(event=event).inc()
    logger.bind(
        event="security", kind=event, user=actor_id, target=target_id, client=client_address.get()
    ).info("security event")
