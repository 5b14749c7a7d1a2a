"""Sessions: who reads, who writes, and what the process holds of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.db.engine import DatabaseOptions, create_engine


class Database:
    """One engine, and sessions for the two kinds of transaction that SQLite tells apart."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._reading = async_sessionmaker(engine, expire_on_commit=False)
        self._writing = async_sessionmaker(
            engine.execution_options(writes=True), expire_on_commit=False
        )

    @asynccontextmanager
    async def session(self, *, writes: bool = True) -> AsyncIterator[AsyncSession]:
        """Yields a session that is committed at the end and rolled back on any error."""
        async with (self._writing if writes else self._reading)() as session:
            yield session
            await session.commit()

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))


@asynccontextmanager
async def open_database(url: str, options: DatabaseOptions) -> AsyncIterator[Database]:
    database = Database(create_engine(url, options))
    try:
        yield database
    finally:
        await database.engine.dispose()
