from datetime import datetime
from typing import Any
from uuid import UUID

from app.schemas.base import Schema


class AuditEventRead(Schema):
    """What `actor_id` did, to `target_id` if not to themselves; null is the command line.

    The log has the `request_id`, too. One from the client need not be unique.
    """

    id: UUID
    created_at: datetime
    event: str
    actor_id: UUID | None
    target_id: UUID | None
    address: str | None
    request_id: str | None
    request_id_from_client: bool
    details: dict[str, Any]
