"""Creates the tables that are missing. It changes none that is there: another tool owns those."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

import app.db.models  # noqa: F401 - fills the metadata
from app.core.config import get_settings
from app.core.settings.errors import ConfigurationError
from app.db.base import Base
from app.db.engine import create_plain_engine
from app.db.failures import explain


async def create_tables() -> None:
    engine = create_plain_engine(get_settings().schema_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


if __name__ == "__main__":
    try:
        asyncio.run(create_tables())
    except ConfigurationError as exc:
        raise SystemExit(str(exc)) from None
    except SQLAlchemyError as exc:
        reason = explain(exc)
        if reason is None:
            raise
        raise SystemExit(reason) from None
