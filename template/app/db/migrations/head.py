"""Whether the database has the newest revisions that this code knows."""

import time
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# Probes come every few seconds from every side, and a database seldom goes back.
CACHE_SECONDS = 10.0


class DatabaseBehindError(Exception):
    """Revisions of the code are missing in the database."""


def missing_heads(script: ScriptDirectory, rows: set[str]) -> list[str]:
    """Returns the code's newest revisions that a database with these rows lacks.

    A row is the newest applied revision of its branch; one that another row's revision depends on
    has none. A row that the code does not know is of a newer release, which may well have brought
    what else seems to be missing. But what comes after a row that the code does know is missing:
    if it were applied, that row would be gone.
    """
    known = rows & {each.revision for each in script.walk_revisions()}
    applied = {each for row in known for each in _with_ancestors(script, row)}
    missing = [head for head in script.get_heads() if head not in applied]
    if known != rows:
        return [head for head in missing if known & _with_ancestors(script, head)]
    return missing


def _with_ancestors(script: ScriptDirectory, name: str) -> set[str]:
    return {each.revision for each in script.iterate_revisions(name, "base")}


class HeadCheck:
    """Reads the code's revisions once; a ping is then one SELECT without a lock."""

    def __init__(self, engine: AsyncEngine, cache_seconds: float = CACHE_SECONDS) -> None:
        self._engine = engine
        root = Path(__file__).parents[3]
        self._script = ScriptDirectory.from_config(Config(root / "alembic.ini"))
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
        if missing := missing_heads(self._script, rows):
            raise DatabaseBehindError(
                f"run the migrations: at {sorted(rows)}, without {sorted(missing)}"
            )
        self._well_until = time.monotonic() + self._cache_seconds
