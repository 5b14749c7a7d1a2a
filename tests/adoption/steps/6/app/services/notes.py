from functools import partial

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from app.clients.note_cache import NoteCache
from app.core.errors import NotFoundError
from app.core.principal import Principal
from app.crud import notes
from app.db.after_commit import after_commit
from app.db.models.note import Note
from app.schemas.note import NoteIn, NoteOut

_LISTED = TypeAdapter(list[NoteOut])


async def list_notes(session: AsyncSession, cache: NoteCache, actor: Principal) -> bytes:
    """Returns the JSON of the list, from the cache if it is there."""
    body = await cache.get(actor.id)
    if body is None:
        rows = await notes.list_notes(session, actor.id)
        body = _LISTED.dump_json([NoteOut.model_validate(row) for row in rows])
        await cache.set(actor.id, body)
    return body


async def get_note(session: AsyncSession, actor: Principal, number: int) -> Note:
    note = await notes.get_note(session, actor.id, number)
    if note is None:
        raise NotFoundError("No such note")
    return note


async def create_note(
    session: AsyncSession, cache: NoteCache, actor: Principal, data: NoteIn
) -> Note:
    tenant_id = actor.require_tenant()
    note = await notes.create_note(session, tenant_id, actor.id, **data.model_dump())
    after_commit(session, partial(cache.forget, actor.id))
    return note


async def delete_note(
    session: AsyncSession, cache: NoteCache, actor: Principal, number: int
) -> None:
    await notes.delete_note(session, actor.id, number)
    after_commit(session, partial(cache.forget, actor.id))
