"""The platform's tables. The team's are listed in __init__.py."""

from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.models.user import User

__all__ = ["Membership", "Tenant", "User"]
