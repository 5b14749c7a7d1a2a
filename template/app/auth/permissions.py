"""The one table that says which roles have which permission: the platform's lines and the team's."""

from app import permissions
from app.core.errors import ForbiddenError
from app.core.principal import Principal, Role, at_least

TENANT_READ = "tenant:read"

_platform = {TENANT_READ: at_least(Role.VIEWER)}


def merge(
    platform: dict[str, frozenset[Role]], team: dict[str, frozenset[Role]]
) -> dict[str, frozenset[Role]]:
    """Joins the two tables.

    Raises:
        ValueError: if the team's table takes a name of the platform's.
    """
    if taken := platform.keys() & team.keys():
        raise ValueError(f"app/permissions.py redefines {', '.join(sorted(taken))}")
    return platform | team


table = merge(_platform, permissions.grants)


def require(principal: Principal, permission: str) -> None:
    """Raises ForbiddenError unless the principal's role has the permission."""
    if principal.role not in table[permission]:
        raise ForbiddenError(f"This needs the permission {permission}")
