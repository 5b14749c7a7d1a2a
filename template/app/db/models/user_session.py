from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, now
from app.db.expiry import Expiring


class UserSession(Expiring, Base):
    """One sign-in, with the family of refresh tokens that began with it.

    Of tokens it holds fingerprints only. A session that has ended stays for SESSION_RETENTION: the
    addresses of earlier sign-ins have their own allowance when somebody guesses a password.
    """

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # Where the next access token acts.
    tenant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("tenants.id", ondelete="SET NULL"), index=True
    )
    family: Mapped[str] = mapped_column(String(64), unique=True)
    current: Mapped[str] = mapped_column(String(64))
    # The token before, and what makes the current one of it, for requests that came together.
    previous: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[str | None] = mapped_column(String(43))
    address: Mapped[str | None] = mapped_column(String(50))
    user_agent: Mapped[str] = mapped_column(String(200))
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    idle_expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
