from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped


class Label(TenantScoped, Entity, Base):
    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    number: Mapped[int]
    created_by: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(50))
