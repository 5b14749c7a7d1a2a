from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, now
from app.db.tenancy import TenantScoped
from app.db.versioned import Versioned

UNIQUE_NAME = UniqueConstraint("tenant_id", "name")


class Item(TenantScoped, Versioned, Base):
    __tablename__ = "items"
    __table_args__ = (
        UNIQUE_NAME,
        Index("ix_items_page", "tenant_id", "created_at", "id"),
    )

    # A user or another caller. It is no foreign key: items belong to the tenant and outlive their authors.
    created_by: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(1000))
    updated_at: Mapped[datetime | None] = mapped_column(onupdate=now)
