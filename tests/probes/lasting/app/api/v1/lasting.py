"""Routes that take their time, or do not end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, BackgroundTasks, WebSocket
from fastapi.responses import StreamingResponse

from app.api.deps import StateDep
from app.core.http.shutdown import Shutdown

router = APIRouter(prefix="/lasting")


@router.get("/quick")
async def quick() -> str:
    await asyncio.sleep(0.01)
    return "done"


@router.get("/slow")
async def slow(path: Path, seconds: float = 1) -> str:
    path.write_text("begun")
    await asyncio.sleep(seconds)
    return "done"


@router.post("/background")
async def background(path: Path, tasks: BackgroundTasks) -> str:
    tasks.add_task(work, path)
    return "accepted"


async def work(path: Path) -> None:
    path.write_text("begun")
    await asyncio.sleep(2)
    path.write_text("done")


@router.get("/events")
async def events(state: StateDep) -> StreamingResponse:
    return StreamingResponse(count(state["shutdown"]), media_type="text/event-stream")


async def count(shutdown: Shutdown) -> AsyncIterator[str]:
    while not shutdown.closing.is_set():
        yield "data: more\n\n"
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await shutdown.closing.wait()
    yield "data: end\n\n"


@router.websocket("/socket")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@router.get("/stuck")
def stuck(path: Path) -> None:
    path.write_text("begun")
    time.sleep(600)
