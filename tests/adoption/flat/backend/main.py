from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend import auth, cache, crud
from backend.create_tables import create_tables
from backend.database import get_db
from backend.middleware import RateLimit
from backend.models import Label, Note, User
from backend.schemas import LabelIn, LabelOut, Login, Me, NoteIn, NoteOut, Token


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await create_tables()
    yield


app = FastAPI(title="Notes", lifespan=lifespan)
app.add_middleware(RateLimit)
Db = Annotated[AsyncSession, Depends(get_db, scope="function")]
NoteId = Annotated[int, Path(ge=1, le=2**31 - 1)]
listed = TypeAdapter(list[NoteOut])


async def get_current_user(db: Db, authorization: Annotated[str, Header()] = "") -> User:
    scheme, _, token = authorization.partition(" ")
    user_id = auth.read_token(token) if scheme.lower() == "bearer" else None
    user = await crud.get_user(db, user_id) if user_id else None
    if user is None or not user.is_active:
        raise HTTPException(401, "Not authenticated")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/login")
async def login(db: Db, data: Login) -> Token:
    user = await crud.get_user_by_email(db, data.email)
    if user is None or not auth.verify_password(data.password, user.hashed_password):
        raise HTTPException(401, "Wrong email or password")
    return Token(access_token=auth.make_token(user.id))


@app.get("/me", response_model=Me)
async def me(user: CurrentUser) -> User:
    return user


@app.get("/labels", response_model=list[LabelOut])
async def list_labels(db: Db, user: CurrentUser) -> list[Label]:
    return await crud.list_labels(db, user.id)


@app.post("/labels", response_model=LabelOut, status_code=201)
async def create_label(db: Db, user: CurrentUser, data: LabelIn) -> Label:
    return await crud.create_label(db, user.id, data.name)


@app.get("/notes", response_model=list[NoteOut])
async def list_notes(db: Db, user: CurrentUser) -> Response:
    body = await cache.get_cached(user.id)
    if body is None:
        notes = await crud.list_notes(db, user.id)
        body = listed.dump_json(listed.validate_python(notes))
        await cache.set_cached(user.id, body)
    return Response(body, media_type="application/json")


@app.post("/notes", response_model=NoteOut, status_code=201)
async def create_note(db: Db, user: CurrentUser, data: NoteIn) -> Note:
    note = await crud.create_note(db, user.id, **data.model_dump())
    await cache.forget(user.id)
    return note


@app.get("/notes/{note_id}", response_model=NoteOut)
async def get_note(db: Db, user: CurrentUser, note_id: NoteId) -> Note:
    note = await crud.get_note(db, user.id, note_id)
    if note is None:
        raise HTTPException(404, "No such note")
    return note


@app.delete("/notes/{note_id}", status_code=204)
async def delete_note(db: Db, user: CurrentUser, note_id: NoteId) -> None:
    await crud.delete_note(db, user.id, note_id)
    await cache.forget(user.id)
