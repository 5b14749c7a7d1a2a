from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity


class Order(Entity, Base):
    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("owner_id", "number"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
