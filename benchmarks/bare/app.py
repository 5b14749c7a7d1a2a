"""A bare FastAPI app with the service's endpoints: no middleware, no tenants, nothing tuned."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Form, Header, HTTPException, Response
from sqlalchemy import Select, select, tuple_

from bare.identity import (
    REFRESH_TTL,
    TTL_SECONDS,
    SessionDep,
    UserDep,
    engine,
    fingerprint,
    hasher,
    is_password,
    make_access_token,
    make_refresh_token,
    open_session,
)
from bare.models import Base, IdempotencyKey, Item, User, UserSession, now
from bare.schemas import ItemCreate, ItemRead, ItemUpdate, Live, Me, Page, Tokens

PAGE = 50

# With the modules that a service imports, what its own code costs can be told from what they do.
if also := os.environ.get("ALSO_IMPORT"):
    for module in Path(also).read_text().split():
        with suppress(ImportError):
            import_module(module)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with open_session() as session, session.begin():
        email, password = os.environ["OWNER_EMAIL"], os.environ["OWNER_PASSWORD"]
        if await session.scalar(select(User).where(User.email == email)) is None:
            session.add(User(email=email, name="Owner", password_hash=hasher.hash(password)))
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/health/live")
async def live() -> Live:
    return Live(status="ok")


@app.get("/api/v1/auth/me", response_model=Me)
async def get_me(user: UserDep) -> User:
    return user


@app.get("/api/v1/items", response_model=Page)
async def list_items(
    session: SessionDep, _: UserDep, after: str | None = None
) -> dict[str, object]:
    rows = list(await session.scalars(_page(after)))
    following = (
        f"{rows[PAGE - 1].created_at.isoformat()}_{rows[PAGE - 1].id}" if len(rows) > PAGE else None
    )
    return {"items": rows[:PAGE], "next": following}


def _page(after: str | None) -> Select[Item]:
    statement = select(Item).order_by(Item.created_at, Item.id).limit(PAGE + 1)
    if after is None:
        return statement
    created_at, _, item_id = after.partition("_")
    position = (datetime.fromisoformat(created_at), UUID(item_id))
    return statement.where(tuple_(Item.created_at, Item.id) > position)


@app.post("/api/v1/items", response_model=ItemRead, status_code=201)
async def create_item(
    session: SessionDep,
    user: UserDep,
    data: ItemCreate,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Item | Response:
    if idempotency_key:
        earlier = await session.get(IdempotencyKey, (user.id, idempotency_key))
        if earlier is not None:
            return Response(earlier.body, 201, media_type="application/json")
    item = Item(created_by=user.id, **data.model_dump())
    session.add(item)
    if idempotency_key:
        await session.flush()
        body = ItemRead.model_validate(item).model_dump_json()
        session.add(IdempotencyKey(user_id=user.id, key=idempotency_key, body=body))
    await session.commit()
    return item


@app.patch("/api/v1/items/{item_id}", response_model=ItemRead)
async def update_item(
    session: SessionDep,
    _: UserDep,
    item_id: UUID,
    data: ItemUpdate,
    if_match: Annotated[str, Header()],
) -> Item:
    item = await session.get(Item, item_id, with_for_update=True)
    if item is None:
        raise HTTPException(404, "Not found")
    if if_match.strip('"') != item.etag:
        raise HTTPException(412, "Changed meanwhile")
    item.description = data.description
    await session.commit()
    return item


@app.post("/api/v1/auth/token")
async def create_token(
    session: SessionDep,
    grant_type: Annotated[str, Form()],
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    refresh_token: Annotated[str, Form()] = "",
) -> Tokens:
    token = make_refresh_token()
    if grant_type == "refresh_token":
        found = select(UserSession).where(UserSession.refresh_hash == fingerprint(refresh_token))
        opened = await session.scalar(found.with_for_update())
        if opened is None or opened.expires_at < now():
            raise HTTPException(400, "Invalid grant")
        opened.refresh_hash = fingerprint(token)
        user_id = opened.user_id
    else:
        user = await session.scalar(select(User).where(User.email == username))
        if user is None or not await is_password(password, user.password_hash):
            raise HTTPException(400, "Invalid grant")
        user_id = user.id
        expires_at = now() + REFRESH_TTL
        session.add(
            UserSession(user_id=user_id, refresh_hash=fingerprint(token), expires_at=expires_at)
        )
    await session.commit()
    access_token = make_access_token(user_id)
    return Tokens(access_token=access_token, refresh_token=token, expires_in=TTL_SECONDS)
