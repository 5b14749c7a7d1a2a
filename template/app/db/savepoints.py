from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def savepoint(session: AsyncSession, *, keeps: bool) -> AsyncIterator[None]:
    """A savepoint that is released or, without an error, rolled back.

    Both take one statement, and the commit waits for the disk either way: the time of a response
    does not tell which of them it was.
    """
    async with session.begin_nested() as nested:
        yield
        if not keeps:
            await nested.rollback()
