from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from app.clients.note_cache import NoteCache
from app.core.errors import NotFoundError
from app.crud import notes
from app.db.models.note import Note
from app.schemas.note import NoteIn, NoteOut

_LISTED = TypeAdapter(list[NoteOut])


async def list_notes(db: AsyncSession, cache: NoteCache, owner_id: int) -> bytes:
    """Returns the JSON of the list, from the cache if it is there."""
    body = await cache.get(owner_id)
    if body is None:
        rows = await notes.list_notes(db, owner_id)
        body = _LISTED.dump_json([NoteOut.model_validate(row) for row in rows])
        await cache.set(owner_id, body)
    return body


async def get_note(db: AsyncSession, owner_id: int, note_id: int) -> Note:
    note = await notes.get_note(db, owner_id, note_id)
    if note is None:
        raise NotFoundError("No such note")
    return note


async def create_note(db: AsyncSession, cache: NoteCache, owner_id: int, data: NoteIn) -> Note:
    note = await notes.create_note(db, owner_id, **data.model_dump())
    await cache.forget(owner_id)
    return note


async def delete_note(db: AsyncSession, cache: NoteCache, owner_id: int, note_id: int) -> None:
    await notes.delete_note(db, owner_id, note_id)
    await cache.forget(owner_id)
