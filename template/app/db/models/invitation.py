from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.principal import Role
from app.db.base import Base
from app.db.expiry import Expiring
from app.db.models.membership import role_type

UNIQUE_INVITATION = UniqueConstraint("tenant_id", "email")


class Invitation(Expiring, Base):
    """An offer to join a tenant, open until it is accepted, revoked or expired."""

    __tablename__ = "invitations"
    __table_args__ = (UNIQUE_INVITATION,)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[Role] = mapped_column(role_type)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
