from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool


class Base(DeclarativeBase):
    pass


def get_engine(url: str) -> AsyncEngine:
    return create_async_engine(url, poolclass=NullPool)


@asynccontextmanager
async def open_session(url: str) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(get_engine(url), expire_on_commit=False) as session, session.begin():
        yield session
