"""Whether the database has the newest revisions that this code knows."""

import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.migrations.revisions import RevisionGraph, read_revisions

# Probes come every few seconds from every side, and a database seldom goes back.
CACHE_SECONDS = 10.0
# As in alembic.ini.
FOLDERS = [Path(__file__).parent / branch for branch in ("platform", "service")]


class DatabaseBehindError(Exception):
    """Revisions of the code are missing in the database."""


class HeadCheck:
    """Reads the code's revisions once; a ping is then one SELECT without a lock."""

    def __init__(self, engine: AsyncEngine, cache_seconds: float = CACHE_SECONDS) -> None:
        self._engine = engine
        self._graph = RevisionGraph(read_revisions(*FOLDERS))
        self._cache_seconds = cache_seconds
        self._well_until = 0.0

    async def ping(self) -> None:
        """Passes at the newest revisions, and ahead of them: old code serves while new code comes.

        That it passed is remembered for a while.

        Raises:
            DatabaseBehindError: if the code is newer than the database.
        """
        if time.monotonic() < self._well_until:
            return
        async with self._engine.connect() as connection:
            rows = set(await connection.scalars(text("SELECT version_num FROM alembic_version")))
        if missing := self._graph.missing(rows):
            raise DatabaseBehindError(
                f"run the migrations: at {sorted(rows)}, without {sorted(missing)}"
            )
        self._well_until = time.monotonic() + self._cache_seconds
