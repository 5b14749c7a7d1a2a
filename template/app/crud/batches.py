from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base


async def add(session: AsyncSession, rows: Sequence[Base]) -> None:
    """Writes rows and lets go of them all: the session holds no more than one batch."""
    session.add_all(rows)
    await session.flush()
    session.expunge_all()
