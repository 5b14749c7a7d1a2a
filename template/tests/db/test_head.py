from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.migrations.head import DatabaseBehindError, HeadCheck
from app.db.session import Database

ROOT = Path(__file__).parents[2]
SCRIPT = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
HEADS = SCRIPT.get_heads(consider_depends_on=True)


async def ping(database: Database, *revisions: str) -> None:
    """Asks a database that says it is at these revisions."""
    async with database.session() as session:
        await session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        for revision in revisions:
            statement = text("INSERT INTO alembic_version VALUES (:revision)")
            await session.execute(statement, {"revision": revision})
    try:
        await HeadCheck(database.engine).ping()
    finally:
        async with database.session() as session:
            await session.execute(text("DROP TABLE alembic_version"))


async def test_at_head_it_passes(database: Database) -> None:
    await ping(database, *HEADS)


@pytest.mark.parametrize("revisions", [[], ["platform_0001"]])
async def test_behind_it_fails(database: Database, revisions: list[str]) -> None:
    with pytest.raises(DatabaseBehindError):
        await ping(database, *revisions)


async def test_ahead_it_passes(database: Database) -> None:
    """The old release goes on serving while the new one, which has migrated, rolls out."""
    await ping(database, "a_revision_of_the_next_release")


async def test_without_any_migration_it_fails(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await HeadCheck(database.engine).ping()
