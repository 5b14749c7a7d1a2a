"""The table of permissions, with the roles that have them: the platform's lines and the team's."""

from collections.abc import Mapping

from app.core.errors import ForbiddenError
from app.core.principal import PLATFORM_GRANTS, Principal, Role
from app.permissions import permissions

# Operations that need no credentials, by method and path.
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
    """Merges the two tables.

    Raises:
        ValueError: if the team's table takes a name of the platform's.
    """
    if taken := platform.keys() & team.keys():
        raise ValueError(f"app/permissions.py redefines {', '.join(sorted(taken))}")
    return {**platform, **team}


table = merge(PLATFORM_GRANTS, permissions.grants)


def require(principal: Principal, permission: str) -> None:
    """Raises ForbiddenError unless the principal's role has the permission."""
    if principal.role not in table[permission]:
        raise ForbiddenError(f"This needs the permission {permission}")
