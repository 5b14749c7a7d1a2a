"""Tables that are made when the process starts, until step 6."""

import app.db.models.label
import app.db.models.note
import app.db.models.old_user  # noqa: F401 - they fill the metadata
from app.db.old_database import Base, get_engine


class OldTables:
    """They are there."""


async def create_tables(url: str) -> None:
    engine = get_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
