from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped


class Order(TenantScoped, Entity, Base):
    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    number: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
