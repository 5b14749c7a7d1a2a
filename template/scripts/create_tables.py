"""Creates the tables that are missing. It changes none that is there: another tool owns those."""

import asyncio

import app.db.models  # noqa: F401 - fills the metadata
from app.context import open_settings_database
from app.core.config import get_settings
from app.db.base import Base


async def create_tables() -> None:
    async with (
        open_settings_database(get_settings()) as database,
        database.engine.begin() as connection,
    ):
        await connection.run_sync(Base.metadata.create_all)


if __name__ == "__main__":
    asyncio.run(create_tables())
