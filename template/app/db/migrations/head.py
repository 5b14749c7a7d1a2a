"""Whether the database is at the newest revision that this code knows."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


class DatabaseBehindError(Exception):
    """Revisions of the code are missing in the database."""


class HeadCheck:
    """Reads the code's revisions once; each ping is then one SELECT that takes no lock."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        root = Path(__file__).parents[3]
        script = ScriptDirectory.from_config(Config(root / "alembic.ini"))
        # A revision that another one depends on has no row of its own in the database.
        self._heads = set(script.get_heads(consider_depends_on=True))
        self._known = {revision.revision for revision in script.walk_revisions()}

    async def ping(self) -> None:
        """Passes at head, and ahead of it: while a release rolls out, the old code still serves.

        Raises:
            DatabaseBehindError: if the code is newer than the database.
        """
        async with self._engine.connect() as connection:
            rows = set(await connection.scalars(text("SELECT version_num FROM alembic_version")))
        if rows != self._heads and rows <= self._known:
            raise DatabaseBehindError(f"run the migrations: at {sorted(rows)}")
