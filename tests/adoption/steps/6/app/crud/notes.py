from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.crud.numbers import next_number
from app.db.models.note import Note


async def list_notes(session: AsyncSession, created_by: UUID) -> Sequence[Note]:
    statement = select(Note).where(Note.created_by == created_by).order_by(Note.number)
    return (await session.scalars(statement)).all()


async def get_note(session: AsyncSession, created_by: UUID, number: int) -> Note | None:
    statement = select(Note).where(Note.created_by == created_by, Note.number == number)
    return await session.scalar(statement)


async def create_note(
    session: AsyncSession, tenant_id: UUID, created_by: UUID, **values: Any
) -> Note:
    note = Note(number=await next_number(session, tenant_id), created_by=created_by, **values)
    session.add(note)
    await session.flush()
    return note


async def delete_note(session: AsyncSession, created_by: UUID, number: int) -> None:
    await session.execute(delete(Note).where(Note.created_by == created_by, Note.number == number))
