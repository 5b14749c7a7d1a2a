from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.models.mixins import TenantMixin
from app.db.versioned import Versioned


class Tenant(TenantMixin, Versioned, Base):
    """An organization whose data no other tenant sees."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(String(100))
