import os
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool


class Base(DeclarativeBase):
    pass


def get_engine() -> AsyncEngine:
    url = os.getenv("DATABASE_URL", "sqlite:///./notes.db")
    for scheme, driver in (("sqlite", "aiosqlite"), ("postgresql", "asyncpg")):
        url = url.replace(f"{scheme}://", f"{scheme}+{driver}://")
    return create_async_engine(url, poolclass=NullPool)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(get_engine(), expire_on_commit=False) as session, session.begin():
        yield session
