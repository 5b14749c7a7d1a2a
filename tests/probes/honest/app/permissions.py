from app.core.permissions import Permissions
from app.core.principal import Role, at_least

HONEST = "honest:write"

permissions = Permissions(
    grants={HONEST: at_least(Role.MEMBER)},
    public=[
        "GET /api/v1/honest/shares/{share_id}",
        "WEBSOCKET /api/v1/honest/prices",
    ],
)
