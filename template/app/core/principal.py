"""Who is calling, and what that lets them do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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


# The kind of a user who has signed in. A service's authenticators name others.
USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller, acting in one tenant or, without one, in none.

    `id` is a user's or, of another kind, that of what the credentials belong to: a client, a key.
    """

    id: UUID
    tenant_id: UUID | None
    role: Role | None
    kind: str = USER
    # Users alone have these.
    email: str = ""
    name: str = ""
    is_platform_admin: bool = False
    session_id: UUID | None = None

    @property
    def user_id(self) -> UUID:
        """Returns the user's id; raises ForbiddenError for a caller that is not a user."""
        if self.kind != USER:
            raise ForbiddenError("This is for users who have signed in")
        return self.id

    def require_session(self) -> UUID:
        """Returns the user's session; raises ForbiddenError for a caller without one."""
        if self.session_id is None:
            raise ForbiddenError("This is for users who have signed in")
        return self.session_id

    def require_tenant(self) -> UUID:
        """Returns the tenant to act in; raises ForbiddenError for a user who is in none."""
        if self.tenant_id is None:
            raise ForbiddenError("This needs a tenant, and you are in none")
        return self.tenant_id

    def require_reach(self, role: Role) -> None:
        """Raises ForbiddenError for a role above one's own: no caller grants or revokes such a role."""
        if self.role not in at_least(role):
            raise ForbiddenError(f"The role {role} is above your own")


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What a service adds in `app/permissions.py`. A release may add fields; each has a default."""

    # The roles that have a permission: {"orders:read": at_least(Role.VIEWER)}.
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    # Operations that need no credentials: ["GET /api/v1/prices"].
    public: Collection[str] = ()
