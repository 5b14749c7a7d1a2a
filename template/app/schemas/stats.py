from app.core.principal import Role
from app.schemas.base import Schema


class TenantStatsRead(Schema):
    """How many members the tenant has in each role; up to a TTL old."""

    members: dict[Role, int]
