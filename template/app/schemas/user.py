from uuid import UUID

from app.core.principal import Role
from app.schemas.base import Schema


class MeRead(Schema):
    """The signed-in user, in the tenant that their token acts in."""

    user_id: UUID
    email: str
    tenant_id: UUID | None
    role: Role | None
