"""What this service's own routes ask for, and who has it."""

from app.core.permissions import Permissions
from app.core.principal import Role, at_least

ORDERS_READ = "orders:read"
ORDERS_WRITE = "orders:write"

permissions = Permissions(
    grants={
        ORDERS_READ: at_least(Role.VIEWER),
        ORDERS_WRITE: at_least(Role.MEMBER),
    },
)
