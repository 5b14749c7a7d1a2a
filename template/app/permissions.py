"""The permissions of this service's own routes, and the roles that have them."""

from app.core.principal import Permissions, Role, at_least

ITEMS_READ = "items:read"
ITEMS_WRITE = "items:write"

permissions = Permissions(
    grants={
        ITEMS_READ: at_least(Role.VIEWER),
        ITEMS_WRITE: at_least(Role.MEMBER),
    },
)
