"""Who is calling, and what that lets them do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.errors import ForbiddenError


class Role(StrEnum):
    """What a user is in a tenant, most powerful first."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


def at_least(role: Role) -> frozenset[Role]:
    """Returns the role and every role above it."""
    roles = list(Role)
    return frozenset(roles[: roles.index(role) + 1])


@dataclass(frozen=True, slots=True)
class Principal:
    """The user behind a request, acting in one tenant or, without one, in none."""

    user_id: UUID
    email: str
    name: str
    is_platform_admin: bool
    session_id: UUID
    tenant_id: UUID | None
    role: Role | None

    def require_tenant(self) -> UUID:
        """Returns the tenant to act in; raises ForbiddenError for a user who is in none."""
        if self.tenant_id is None:
            raise ForbiddenError("This needs a tenant, and you are in none")
        return self.tenant_id

    def require_reach(self, role: Role) -> None:
        """Raises ForbiddenError for a role above one's own: nobody grants or takes such a one."""
        if self.role not in at_least(role):
            raise ForbiddenError(f"The role {role} is above your own")
