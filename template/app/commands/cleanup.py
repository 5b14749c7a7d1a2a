from datetime import timedelta

import typer

from app.commands.running import failures_refused
from app.context import AppContext
from app.db.expiry import expiring_models
from app.db.models.platform import User, UserSession
from app.services import purging


async def cleanup(context: AppContext) -> None:
    """Purge what has expired. Run it daily; it may run beside the service, and beside itself."""
    kept = timedelta(seconds=context.settings.session_retention)
    retention = {UserSession.__tablename__: kept}
    with failures_refused("Not finished, run it again: "):
        async for table, count in purging.purge(context.database, expiring_models(), retention):
            typer.echo(f"{table}: {count}")
        unverified = timedelta(seconds=context.settings.unverified_user_retention)
        count = await purging.purge_unverified_users(context.database, unverified)
        typer.echo(f"{User.__tablename__}: {count}")
