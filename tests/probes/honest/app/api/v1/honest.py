"""Routes as teams write them, each of which a walk has once refused, hung on or missed."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Query, UploadFile, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse
from httpx2 import AsyncClient, HTTPError
from pydantic import BaseModel, Field
from sqlalchemy import select

from app.api.deps import SessionDep, SignedInDep, StateDep, requires
from app.api.websockets import accepted
from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.core.principal import Principal
from app.db.models.audit_event import AuditEvent
from app.permissions import HONEST

router = APIRouter(prefix="/honest")

Actor = Annotated[Principal, requires(HONEST)]


class Currency(StrEnum):
    EUR = "EUR"
    USD = "USD"


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(min_length=12, max_length=19)


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str


class Payment(BaseModel):
    by: Annotated[Card | Transfer, Field(discriminator="kind")]
    cents: int = Field(ge=100)
    share: float = Field(gt=5)
    days: list[date] = Field(min_length=1)
    note: str = Field(max_length=10)


async def get_event(session: SessionDep, actor: Actor, event_id: UUID) -> AuditEvent:
    event = await session.scalar(select(AuditEvent).where(AuditEvent.id == event_id))
    if event is None:
        raise NotFoundError("There is no such event")
    return event


EventDep = Annotated[AuditEvent, Depends(get_event)]


# Parameters beside the id.


@router.get("/events/{event_id}/price")
async def get_price(
    event: EventDep, currency: Currency, pieces: Annotated[int, Query(ge=10)], on: date
) -> str:
    return f"{event.id}: {pieces} {currency} {on}"


@router.get("/events/{event_id}/coupon")
async def get_coupon(
    event: EventDep, code: Annotated[str, Query(pattern="^[A-Z]{2}-[0-9]+$")]
) -> str:
    return f"{event.id}: {code}"


@router.get("/years/{year}/events/{event_id}")
async def get_event_of_year(event: EventDep, year: int, x_region: Annotated[str, Header()]) -> str:
    return f"{event.id}: {year} {x_region}"


# An id that is not one of ours.
@router.get("/warehouses/{warehouse_id}/shelves/{shelf}")
async def get_shelf(actor: Actor, warehouse_id: int, shelf: int) -> int:
    return warehouse_id + shelf


# Bodies.


@router.put("/events/{event_id}/scan")
async def put_scan(
    event: EventDep,
    scan: UploadFile,
    pages: Annotated[list[UploadFile], File()],
    title: Annotated[str, Form()],
) -> str:
    return f"{event.id}: {title} {scan.filename} {len(pages)}"


@router.put("/events/{event_id}/picture")
async def put_picture(event: EventDep, picture: UploadFile) -> str:
    if picture.content_type != "image/png":
        raise ConflictError("That is no picture")
    return str(event.id)


@router.post("/events/{event_id}/form")
async def post_form(event: EventDep, title: Annotated[str, Form()]) -> str:
    return f"{event.id}: {title}"


@router.post("/events/{event_id}/payments")
async def pay(event: EventDep, payment: Payment) -> str:
    return f"{event.id}: {payment.cents}"


class Note(BaseModel):
    text: str = Field(pattern="^[A-Z]{2}-[0-9]+$")


@router.post("/events/{event_id}/notes")
async def post_note(event: EventDep, note: Note) -> str:
    return f"{event.id}: {note.text}"


# What anybody may see who has the link.


@router.get("/shares/{share_id}")
async def get_share(share_id: UUID) -> str:
    return str(share_id)


# Calls to another service.


async def call_rates(url: str = "RATES_URL") -> str:
    async with AsyncClient(timeout=5) as client:
        return (await client.get(os.environ[url])).text


@router.get("/rates")
async def get_rates(actor: Actor) -> str:
    return await call_rates()


@router.get("/rates/careful")
async def get_rates_carefully(actor: Actor) -> str:
    try:
        return await call_rates("CAREFUL_RATES_URL")
    except HTTPError as error:
        raise ConflictError("There are no rates now") from error


@router.get("/events/{event_id}/rates")
async def get_rates_of_event(event: EventDep) -> str:
    return await call_rates()


# Streams without an end.


@router.get("/ticks", response_class=EventSourceResponse)
async def tick(actor: Actor) -> AsyncIterator[int]:
    number = 0
    while True:
        yield number
        number += 1
        await asyncio.sleep(0.01)


@router.get("/silence", response_class=EventSourceResponse)
async def keep_silent(actor: Actor) -> AsyncIterator[int]:
    yield 1
    await asyncio.Event().wait()


@router.get("/events/{event_id}/ticks", response_class=EventSourceResponse)
async def tick_for_event(event: EventDep) -> AsyncIterator[int]:
    while True:
        yield 1
        await asyncio.sleep(0.01)


@router.get("/flood")
async def flood(actor: Actor) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100
            await asyncio.sleep(0)

    return StreamingResponse(chunks())


# Websockets with a guard, and one that is on the public list.


@router.websocket("/feed")
async def open_feed(websocket: WebSocket, actor: Actor) -> None:
    async with accepted(websocket, actor):
        while True:
            await websocket.send_text(str(actor.tenant_id))
            await asyncio.sleep(0.01)


@router.websocket("/events/{event_id}/feed")
async def open_feed_of_event(
    websocket: WebSocket, event_id: UUID, actor: Actor, state: StateDep
) -> None:
    async with state["database"].session(tenant_id=actor.tenant_id) as session:
        event = await get_event(session, actor, event_id)
    async with accepted(websocket, actor):
        await websocket.send_text(event.event)


@router.websocket("/events/{event_id}/late-feed")
async def open_feed_and_look(
    websocket: WebSocket, event_id: UUID, actor: Actor, state: StateDep
) -> None:
    async with accepted(websocket, actor):
        try:
            async with state["database"].session(tenant_id=actor.tenant_id) as session:
                await get_event(session, actor, event_id)
        except NotFoundError as error:
            await websocket.close(1008, str(error))


@router.websocket("/prices")
async def send_prices(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text("EUR")
        await asyncio.sleep(0.01)


# Whose machine it is, nobody here knows.
@router.delete("/machines/{machine_id}")
async def stop_machine(actor: Actor, machine_id: UUID) -> None: ...


# Answers of its own.


@router.get(
    "/described/{event_id}",
    responses={
        404: {"description": "There is no such event."},
        "5XX": {"description": "Our fault."},
    },
)
async def get_described(event: EventDep) -> dict[str, Any]:
    return {"id": event.id}


@router.get("/plan")
async def get_plan(actor: SignedInDep) -> None:
    raise ForbiddenError("Your plan does not include this")
