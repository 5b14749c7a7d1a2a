from app.core.principal import Permissions, Role, at_least

HONEST = "honest:write"

permissions = Permissions(
    grants={HONEST: at_least(Role.MEMBER)},
    public=[
        "GET /api/v1/honest/shares/{share_id}",
        "WEBSOCKET /api/v1/honest/prices",
    ],
)
