from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.expiry import Expiring
from app.db.tenancy import TenantScoped


class IdempotencyKey(TenantScoped, Expiring, Base):
    """The response to a request that may be repeated, committed together with its effects."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "actor_id", "route", "key"),)

    actor_id: Mapped[UUID]
    route: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[list[Any]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
