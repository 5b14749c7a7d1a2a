from datetime import datetime
from uuid import UUID

from sqlalchemy import Enum, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.principal import Role
from app.db.base import Base, now

# Text in the table: a new role then changes no column.
role_type = Enum(Role, native_enum=False, length=16, values_callable=list)


class Membership(Base):
    """What a user is in a tenant."""

    __tablename__ = "memberships"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(role_type)
    created_at: Mapped[datetime] = mapped_column(default=now)
