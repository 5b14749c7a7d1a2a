"""Tables of tenants that only tests know, so that they depend on none of the service's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, relationship

from app.db import models  # noqa: F401 - the tables that these refer to
from app.db.base import Base, Entity
from app.db.tenancy import TenantScoped


class Note(TenantScoped, Entity, Base):
    __tablename__ = "test_notes"

    text: Mapped[str]


class Comment(TenantScoped, Entity, Base):
    """Refers to a note of its own tenant, as the foreign key says."""

    __tablename__ = "test_comments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "note_id"],
            ["test_notes.tenant_id", "test_notes.id"],
            ondelete="CASCADE",
        ),
    )

    note_id: Mapped[UUID]
    note: Mapped[Note] = relationship()
    # Wrong on purpose: a reference without the tenant, which no foreign key keeps.
    other_id: Mapped[UUID | None]
    other: Mapped[Note | None] = relationship(
        primaryjoin="foreign(Comment.other_id) == Note.id", viewonly=True
    )


NOTES, COMMENTS = (Base.metadata.tables[name] for name in ("test_notes", "test_comments"))
# They are there while a test uses them: the service's schema does not have them.
Base.metadata.remove(COMMENTS)
Base.metadata.remove(NOTES)


@asynccontextmanager
async def note_tables(engine: AsyncEngine) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(NOTES.create)
        await connection.run_sync(COMMENTS.create)
    try:
        yield
    finally:
        async with engine.begin() as connection:
            await connection.run_sync(COMMENTS.drop)
            await connection.run_sync(NOTES.drop)
