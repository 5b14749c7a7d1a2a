from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.core.principal import Role


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What a service adds in `app/permissions.py`. A release may add fields; each has a default."""

    # The roles that have a permission: {"orders:read": at_least(Role.VIEWER)}.
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    # Operations that ask for no token: ["GET /api/v1/prices"].
    public: Collection[str] = ()
