from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.core.principal import Role, at_least

TENANT_READ = "tenant:read"
TENANT_UPDATE = "tenant:update"
TENANT_DELETE = "tenant:delete"
MEMBERS_READ = "members:read"
MEMBERS_WRITE = "members:write"
AUDIT_READ = "audit:read"
INVITATIONS_READ = "invitations:read"
INVITATIONS_WRITE = "invitations:write"

# What the platform's own permissions are granted to.
PLATFORM_GRANTS = {
    TENANT_READ: at_least(Role.VIEWER),
    TENANT_UPDATE: at_least(Role.ADMIN),
    TENANT_DELETE: at_least(Role.OWNER),
    MEMBERS_READ: at_least(Role.VIEWER),
    MEMBERS_WRITE: at_least(Role.ADMIN),
    AUDIT_READ: at_least(Role.OWNER),
    INVITATIONS_READ: at_least(Role.ADMIN),
    INVITATIONS_WRITE: at_least(Role.ADMIN),
}


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What a service adds in `app/permissions.py`. A release may add fields; each has a default."""

    # The roles that have a permission: {"orders:read": at_least(Role.VIEWER)}.
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    # Operations that need no credentials: ["GET /api/v1/prices"].
    public: Collection[str] = ()
