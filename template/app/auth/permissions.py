"""The one table that says which roles have which permission: the platform's lines and the team's."""

from collections.abc import Mapping

from app.core.errors import ForbiddenError
from app.core.principal import Principal, Role, at_least
from app.permissions import permissions

TENANT_READ = "tenant:read"
TENANT_UPDATE = "tenant:update"
TENANT_DELETE = "tenant:delete"
MEMBERS_READ = "members:read"
MEMBERS_WRITE = "members:write"
AUDIT_READ = "audit:read"
INVITATIONS_READ = "invitations:read"
INVITATIONS_WRITE = "invitations:write"

_platform = {
    TENANT_READ: at_least(Role.VIEWER),
    TENANT_UPDATE: at_least(Role.ADMIN),
    TENANT_DELETE: at_least(Role.OWNER),
    MEMBERS_READ: at_least(Role.VIEWER),
    MEMBERS_WRITE: at_least(Role.ADMIN),
    AUDIT_READ: at_least(Role.OWNER),
    INVITATIONS_READ: at_least(Role.ADMIN),
    INVITATIONS_WRITE: at_least(Role.ADMIN),
}

# Operations that ask for no token, by method and path.
public = frozenset(permissions.public) | {
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /docs",
    "GET /docs/{name}",
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /.well-known/jwks.json",
    "POST /api/v1/auth/token",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/verify-email",
    "POST /api/v1/auth/verify-email/confirm",
    "POST /api/v1/auth/password-reset",
    "POST /api/v1/auth/password-reset/confirm",
    "POST /api/v1/invitations/accept",
}


def merge(
    platform: Mapping[str, frozenset[Role]], team: Mapping[str, frozenset[Role]]
) -> dict[str, frozenset[Role]]:
    """Joins the two tables.

    Raises:
        ValueError: if the team's table takes a name of the platform's.
    """
    if taken := platform.keys() & team.keys():
        raise ValueError(f"app/permissions.py redefines {', '.join(sorted(taken))}")
    return {**platform, **team}


table = merge(_platform, permissions.grants)


def require(principal: Principal, permission: str) -> None:
    """Raises ForbiddenError unless the principal's role has the permission."""
    if principal.role not in table[permission]:
        raise ForbiddenError(f"This needs the permission {permission}")
