"""Where security events go, besides a tenant's audit events: into the log and the metrics."""

from uuid import UUID

from loguru import logger

from app.core.context import client_address
from app.core.metrics import security_events
from app.core.security_events import SecurityEvent


def report(
    event: SecurityEvent, *, actor_id: UUID | None = None, target_id: UUID | None = None
) -> None:
    """Logs and counts an event. `target_id` is whom or what it happened to, if not the actor."""
    security_events.labels(event=event).inc()
    logger.bind(
        event="security", kind=event, user=actor_id, target=target_id, client=client_address.get()
    ).info("security event")
