"""Runs the migrations of two branches: `platform`, which updates of the platform bring, and
`service`, which is this service's own. `alembic revision` writes to `service` by itself.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import app.db.models  # noqa: F401 - fills the metadata
from app.core.config import get_settings
from app.db.base import Base, UTCDateTime
from app.db.migrations.operations import isolate_new_tables

BRANCH = context.get_x_argument(as_dictionary=True).get("branch", "service")
# Under policies that bind even the owner, a forgotten `op.all_tenants` changes no row in silence:
# with this it is an error.
CONNECT_ARGS = {"postgresql": {"server_settings": {"row_security": "off"}}, "sqlite": {}}


def complete(_: MigrationContext, __: Any, scripts: Iterable[MigrationScript]) -> None:
    for script in scripts:
        isolate_new_tables(script)
        if script.head in (None, "head"):
            pick_branch(script)


def pick_branch(script: MigrationScript) -> None:
    """Puts a new revision on its branch, in its folder, after the platform of the day.

    Without that dependency a fresh database would run the service's branch first, and fail on what
    the platform has added since.
    """
    script.head = f"{BRANCH}@head"
    script.version_path = str(Path(__file__).parent / BRANCH)
    if BRANCH == "service":
        script.depends_on = ["platform@head"]


def render_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Writes the column's type, not our class: a revision must not change with the code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, UTCDateTime) else False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        process_revision_directives=complete,
        render_item=render_type,
        # SQLite cannot alter a table in place: Alembic copies it.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    # Not the service's engine: a migration may take longer than a request, and on SQLite copying a
    # table must not follow its foreign keys.
    url = make_url(get_settings().database_url)
    connect_args = CONNECT_ARGS[url.get_backend_name()]
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: --sql is not supported.")
asyncio.run(connect_and_migrate())
