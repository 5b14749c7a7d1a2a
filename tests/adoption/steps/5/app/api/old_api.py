"""The old paths, until their clients have moved."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import StateDep, resource
from app.auth import old_sign_in
from app.auth.old_tokens import OldTokens
from app.clients.note_cache import NoteCache
from app.db.models.label import Label
from app.db.models.note import Note
from app.db.models.old_user import User
from app.db.old_database import open_session
from app.schemas.label import LabelIn, LabelOut
from app.schemas.note import NoteIn, NoteOut
from app.schemas.old_login import Login, Me, Token
from app.services import labels, notes

router = APIRouter(tags=["old"])
CacheDep = Annotated[NoteCache, resource(NoteCache)]


async def get_db(state: StateDep) -> AsyncIterator[AsyncSession]:
    async with open_session(state["settings"].database_url) as session:
        yield session


async def get_tokens(state: StateDep) -> OldTokens:
    settings = state["settings"]
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return OldTokens(key, settings.token_minutes)


DbDep = Annotated[AsyncSession, Depends(get_db, scope="function")]
TokensDep = Annotated[OldTokens, Depends(get_tokens)]
NoteId = Annotated[int, Path(ge=1, le=2**31 - 1)]


async def get_caller(
    db: DbDep, tokens: TokensDep, authorization: Annotated[str, Header()] = ""
) -> User:
    return await old_sign_in.get_caller(db, tokens, authorization)


CallerDep = Annotated[User, Depends(get_caller)]


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    return {"status": "ok"}


@router.post("/login")
async def log_in(db: DbDep, tokens: TokensDep, data: Login) -> Token:
    return Token(access_token=await old_sign_in.log_in(db, tokens, data.email, data.password))


@router.get("/me", response_model=Me)
async def get_me(user: CallerDep) -> User:
    return user


@router.get("/labels", response_model=list[LabelOut])
async def list_labels(db: DbDep, user: CallerDep) -> list[Label]:
    return await labels.list_labels(db, user.id)


@router.post("/labels", response_model=LabelOut, status_code=201)
async def create_label(db: DbDep, user: CallerDep, data: LabelIn) -> Label:
    return await labels.create_label(db, user.id, data)


@router.get("/notes", response_model=list[NoteOut])
async def list_notes(db: DbDep, cache: CacheDep, user: CallerDep) -> Response:
    return Response(await notes.list_notes(db, cache, user.id), media_type="application/json")


@router.post("/notes", response_model=NoteOut, status_code=201)
async def create_note(db: DbDep, cache: CacheDep, user: CallerDep, data: NoteIn) -> Note:
    return await notes.create_note(db, cache, user.id, data)


@router.get("/notes/{note_id}", response_model=NoteOut)
async def get_note(db: DbDep, user: CallerDep, note_id: NoteId) -> Note:
    return await notes.get_note(db, user.id, note_id)


@router.delete("/notes/{note_id}", status_code=204)
async def delete_note(db: DbDep, cache: CacheDep, user: CallerDep, note_id: NoteId) -> None:
    await notes.delete_note(db, cache, user.id, note_id)
