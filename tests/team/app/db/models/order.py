from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped

UNIQUE_NUMBER = UniqueConstraint("tenant_id", "number")


class Order(TenantScoped, Entity, Base):
    __tablename__ = "orders"
    __table_args__ = (UNIQUE_NUMBER,)

    number: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
