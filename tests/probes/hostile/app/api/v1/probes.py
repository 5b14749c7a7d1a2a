"""What a team might write without a thought of hostile clients: plain routers, plain types."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Integer, String, literal, select

from app.api.deps import SessionDep

router = APIRouter(prefix="/probes")


class Probe(BaseModel):
    number: int = 0
    share: float = 0
    text: str = ""
    free: Any = None


@router.post("")
async def store(session: SessionDep, probe: Probe) -> dict[str, Any]:
    text = await session.scalar(select(literal(probe.text, String)))
    number = await session.scalar(select(literal(probe.number, BigInteger)))
    return {"text": text, "number": number, "share": probe.share, "free": probe.free}


@router.get("/numbers/{number}")
async def get_number(session: SessionDep, number: int) -> int | None:
    return await session.scalar(select(literal(number, Integer)))


@router.get("/numbers")
async def find_number(session: SessionDep, number: int) -> int | None:
    return await session.scalar(select(literal(number, BigInteger)))


@router.get("/texts/{text}")
async def get_text(session: SessionDep, text: str, again: str = "") -> str | None:
    return await session.scalar(select(literal(text + again, String)))


@router.post("/forms")
async def send_form(session: SessionDep, text: str = Form("")) -> str | None:
    return await session.scalar(select(literal(text, String)))


@router.post("/files")
async def send_file(file: UploadFile) -> int:
    return len(await file.read())


async def count_up() -> AsyncIterator[bytes]:
    number = 0
    while True:
        yield b"%d\n" % number
        number += 1


@router.get("/endless")
async def get_endless() -> StreamingResponse:
    return StreamingResponse(count_up())


class Row(BaseModel):
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int
    i: int
    j: int


@router.post("/lists")
async def take_list(texts: list[str]) -> int:
    return len(texts)


@router.post("/rows")
async def take_rows(rows: Annotated[list[Row], Field(max_length=100)]) -> int:
    return len(rows)
