"""Locks for what has no row yet."""

from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def lock(session: AsyncSession, *name: object) -> None:
    """Waits for the lock of a name, and holds it until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(_number(name))))


async def try_lock(session: AsyncSession, *name: object) -> bool:
    """Takes the lock of a name until the end of the transaction; False if another holds it.

    On SQLite there is only one writer at a time, who has every lock.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_number(name)))))


def _number(name: tuple[object, ...]) -> int:
    # PostgreSQL's names are numbers of 64 bits.
    return int.from_bytes(sha256(repr(name).encode()).digest()[:8], signed=True)
