from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.note import Note


async def list_notes(db: AsyncSession, owner_id: int) -> list[Note]:
    rows = await db.scalars(select(Note).where(Note.owner_id == owner_id).order_by(Note.id))
    return list(rows)


async def get_note(db: AsyncSession, owner_id: int, note_id: int) -> Note | None:
    return await db.scalar(select(Note).where(Note.owner_id == owner_id, Note.id == note_id))


async def create_note(db: AsyncSession, owner_id: int, **values: Any) -> Note:
    note = Note(owner_id=owner_id, **values)
    db.add(note)
    await db.flush()
    return note


async def delete_note(db: AsyncSession, owner_id: int, note_id: int) -> None:
    await db.execute(delete(Note).where(Note.owner_id == owner_id, Note.id == note_id))
