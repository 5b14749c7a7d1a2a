"""The old paths, until their clients have moved."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.api.deps import ClientDep, SessionDep, StateDep, requires, resource
from app.auth import old_sign_in
from app.auth.old_tokens import OldTokens
from app.clients.note_cache import NoteCache
from app.core.config import Settings
from app.core.principal import Principal
from app.db.models.label import Label
from app.db.models.note import Note
from app.permissions import NOTES_READ, NOTES_WRITE
from app.schemas.label import LabelIn, LabelOut
from app.schemas.note import NoteIn, NoteOut
from app.schemas.old_login import Login, Me, Token
from app.services import labels, notes, old_users

router = APIRouter(tags=["old"])
Reader = Annotated[Principal, requires(NOTES_READ)]
Writer = Annotated[Principal, requires(NOTES_WRITE)]
CacheDep = Annotated[NoteCache, resource(NoteCache)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def make_tokens(settings: Settings) -> OldTokens:
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return OldTokens(key, settings.legacy_tokens_until)


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    return {"status": "ok"}


@router.post("/login")
async def log_in(session: SessionDep, state: StateDep, client: ClientDep, data: Login) -> Token:
    access_token = await old_sign_in.log_in(
        *(state["database"], session, state["auth_server"], client), **data.model_dump()
    )
    return Token(access_token=access_token)


@router.get("/me")
async def get_me(session: SessionDep, actor: Reader) -> Me:
    user = await old_users.get_me(session, actor)
    return Me(id=user.legacy_id, email=user.email)


@router.get("/labels", response_model=list[LabelOut])
async def list_labels(session: SessionDep, actor: Reader) -> Sequence[Label]:
    return await labels.list_labels(session, actor)


@router.post("/labels", response_model=LabelOut, status_code=201)
async def create_label(session: SessionDep, actor: Writer, data: LabelIn) -> Label:
    return await labels.create_label(session, actor, data)


@router.get("/notes", response_model=list[NoteOut])
async def list_notes(session: SessionDep, actor: Reader, cache: CacheDep) -> Response:
    body = await notes.list_notes(session, cache, actor)
    return Response(body, media_type="application/json")


@router.post("/notes", response_model=NoteOut, status_code=201)
async def create_note(session: SessionDep, actor: Writer, cache: CacheDep, data: NoteIn) -> Note:
    return await notes.create_note(session, cache, actor, data)


@router.get("/notes/{number}", response_model=NoteOut)
async def get_note(session: SessionDep, actor: Reader, number: Number) -> Note:
    return await notes.get_note(session, actor, number)


@router.delete("/notes/{number}", status_code=204)
async def delete_note(session: SessionDep, actor: Writer, cache: CacheDep, number: Number) -> None:
    await notes.delete_note(session, cache, actor, number)
