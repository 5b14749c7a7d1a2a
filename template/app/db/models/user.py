from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.models.mixins import UserMixin

UNIQUE_EMAIL = UniqueConstraint("email")


class User(UserMixin, Entity, Base):
    """A person who signs in; what they may do is a matter of their memberships."""

    __tablename__ = "users"
    __table_args__ = (UNIQUE_EMAIL,)

    # Stored in lower case: an address is one person's, however they type it.
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(100), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    is_platform_admin: Mapped[bool] = mapped_column(default=False)
    # When they proved that the address is theirs, and when somebody locked them out.
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
