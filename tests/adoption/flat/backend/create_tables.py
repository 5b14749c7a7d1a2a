import asyncio

import backend.models  # noqa: F401 - fills the metadata
from backend.database import Base, get_engine


async def create_tables() -> None:
    engine = get_engine()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(create_tables())
