"""The permissions of this service's own routes, and the roles that have them."""

from app.core.principal import Permissions, Role, at_least

NOTES_READ = "notes:read"
NOTES_WRITE = "notes:write"

permissions = Permissions(
    grants={
        NOTES_READ: at_least(Role.VIEWER),
        NOTES_WRITE: at_least(Role.MEMBER),
    },
    public=[
        "GET /healthz",
        "POST /login",
    ],
)
