"""Work that is not broken off half-way: a client leaves, a server stops, a time limit passes."""

import asyncio
from contextlib import suppress
from typing import TypeVar

import anyio

ResultT = TypeVar("ResultT")


async def unbroken(work: asyncio.Task[ResultT]) -> ResultT:
    """Returns what comes of a task, and lets it end first if the caller is cancelled meanwhile.

    Raises:
        CancelledError: the caller was cancelled; the task is done.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        # anyio cancels again and again, where the event loop does so once.
        with anyio.CancelScope(shield=True):
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
        raise
