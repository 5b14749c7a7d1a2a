from datetime import datetime
from uuid import UUID

from app.schemas.base import Schema


class UserSessionRead(Schema):
    """A sign-in that has not ended. `address` is a network: an IPv6 one has 64 bits."""

    id: UUID
    address: str | None
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
