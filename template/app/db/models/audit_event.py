from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, Index, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from app.db.append_only import make_append_only
from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped


class AuditEvent(TenantScoped, Entity, Base):
    """What a user did, or tried to do; without an actor it was done from the command line.

    Its ids have no foreign keys, so that it outlives the rows that they name.
    """

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_page", "tenant_id", "created_at", "id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)
    event: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[UUID | None]
    target_id: Mapped[UUID | None]
    address: Mapped[str | None] = mapped_column(String(50))
    request_id: Mapped[str | None] = mapped_column(String(64))
    request_id_from_client: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@event.listens_for(AuditEvent.__table__, "after_create")
def _make_append_only(table: Table, connection: Connection, **_: Any) -> None:
    """Puts the trigger on a table that the models make, as in tests."""
    make_append_only(connection, table.name)
