"""What this service's own routes ask for, and who has it."""

from app.core.principal import Role, at_least

ORDERS_READ = "orders:read"
ORDERS_WRITE = "orders:write"

grants = {
    ORDERS_READ: at_least(Role.VIEWER),
    ORDERS_WRITE: at_least(Role.MEMBER),
}

# Operations that ask for no token, as "GET /api/v1/prices".
public: frozenset[str] = frozenset()
