"""Runs the migrations of two branches: `platform`, which updates of the platform bring, and
`service`, which is this service's own. `alembic revision` writes to `service` by itself.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection

import app.db.migrations.online  # adds to `op`
import app.db.models  # noqa: F401 - fills the metadata
from app.core.config import get_settings
from app.db.base import Base
from app.db.migrations.branches import SERVICE, keep_to_branch, pick_branch
from app.db.migrations.connection import open_connection
from app.db.migrations.lock import wait_for_lock
from app.db.migrations.messages import explain_errors
from app.db.migrations.operations import isolate_new_tables
from app.db.migrations.portable_types import render_type
from app.db.migrations.safety import guard_upgrades

BRANCH = context.get_x_argument(as_dictionary=True).get("branch", SERVICE)
# Longer than migrations take, and not so long that a deployment hangs unnoticed.
TURN_SECONDS = 600


def complete(_: MigrationContext, __: Any, scripts: Iterable[MigrationScript]) -> None:
    for script in scripts:
        keep_to_branch(script, BRANCH)
        isolate_new_tables(script)
        if script.head in (None, "head"):
            pick_branch(script, context.script, BRANCH)


def report(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[str], run_args: Mapping[str, Any]
) -> None:
    direction = "up to" if step.is_upgrade else "down from"
    for revision in context.script.get_revisions(step.up_revision_ids):
        context.config.print_stdout("%s %s: %s", direction, revision.revision, revision.doc)


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        process_revision_directives=complete,
        render_item=render_type,
        on_version_apply=report,
        # No lock is held longer than by the revision that needs it.
        transaction_per_migration=True,
        # SQLite cannot alter a table in place: Alembic copies it.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    # Now and not earlier: Alembic leaves a transaction alone that it has not begun.
    wait_for_lock(connection, TURN_SECONDS)
    guard_upgrades(connection, context.script)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    with explain_errors():
        async with open_connection(get_settings().schema_url) as connection:
            await connection.run_sync(migrate)


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: --sql is not supported.")
asyncio.run(connect_and_migrate())
