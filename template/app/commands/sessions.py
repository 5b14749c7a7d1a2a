from typing import Annotated

import typer

from app.commands.running import failures_refused, refuse
from app.context import AppContext
from app.services import bootstrap


async def revoke_sessions(
    context: AppContext,
    email: Annotated[str, typer.Option(help="The address of the user.")] = "",
    everyone: Annotated[bool, typer.Option("--everyone", help="Those of all users.")] = False,
) -> None:
    """End the sessions of a user or of everyone: their access and refresh tokens are refused."""
    if bool(email) == everyone:
        refuse(["Say whose: --email ADDRESS, or --everyone"])
    if everyone:
        with failures_refused("Not finished, run it again: "):
            count = await bootstrap.revoke_every_session(context.database)
    else:
        async with context.database.session() as session:
            count = await bootstrap.revoke_sessions(session, email=email)
    typer.echo(f"sessions ended: {count}")
