from datetime import datetime
from uuid import UUID

from app.core.principal import Role
from app.schemas.base import Schema
from app.schemas.fields import Name


class MeRead(Schema):
    """The signed-in user, in the tenant that their token acts in."""

    user_id: UUID
    email: str
    name: str
    is_platform_admin: bool
    tenant_id: UUID | None
    role: Role | None


class MeUpdate(Schema):
    name: Name


class UserRead(Schema):
    """A user, as platform administrators see them."""

    id: UUID
    email: str
    name: str
    is_platform_admin: bool
    created_at: datetime
    verified_at: datetime | None
    disabled_at: datetime | None
