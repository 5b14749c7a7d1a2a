"""The platform's tables. The team's are listed in __init__.py."""

from app.db.models.audit_event import AuditEvent
from app.db.models.idempotency_key import IdempotencyKey
from app.db.models.invitation import Invitation
from app.db.models.membership import Membership
from app.db.models.one_time_token import OneTimeToken
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.models.user_session import UserSession

__all__ = [
    "AuditEvent",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "OneTimeToken",
    "Tenant",
    "User",
    "UserSession",
]
