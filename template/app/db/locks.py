"""Locks for what no row stands for yet."""

from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def try_lock(session: AsyncSession, *name: object) -> bool:
    """Takes the lock of a name until the end of the transaction; False if somebody has it.

    On SQLite there is only one writer at a time, who has every lock.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    # PostgreSQL's names are numbers of 64 bits.
    digest = sha256(repr(name).encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(number))))
