"""Renames the old backend's tables, so that their names are free for the platform's; --back undoes it."""

import asyncio
import sys

from sqlalchemy import Connection, inspect, text

from app.core.config import get_settings
from app.db.engine import create_plain_engine

TABLES = ("users", "labels", "notes")


def rename(connection: Connection, *, back: bool) -> None:
    there = set(inspect(connection).get_table_names())
    pairs = [(name, f"legacy_{name}") for name in TABLES]
    pairs = [(aside, name) for name, aside in pairs] if back else pairs
    if missing := {old for old, _ in pairs} - there:
        sys.exit(f"Nothing was renamed: these tables are not there: {', '.join(sorted(missing))}.")
    if taken := {new for _, new in pairs} & there:
        sys.exit(f"Nothing was renamed: these tables are there: {', '.join(sorted(taken))}.")
    for old, new in pairs:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def main() -> None:
    async with create_plain_engine(get_settings().schema_url).begin() as connection:
        await connection.run_sync(rename, back="--back" in sys.argv)


if __name__ == "__main__":
    asyncio.run(main())
