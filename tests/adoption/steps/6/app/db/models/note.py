from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped


class Note(TenantScoped, Entity, Base):
    __tablename__ = "notes"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        ForeignKeyConstraint(["tenant_id", "label_id"], ["labels.tenant_id", "labels.number"]),
        Index("ix_notes_list", "tenant_id", "created_by", "number"),
    )

    number: Mapped[int]
    created_by: Mapped[UUID]
    # The number of the label.
    label_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(100))
    body: Mapped[str] = mapped_column(String(5000))
