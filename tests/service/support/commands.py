"""How tests run the commands of `python -m app`."""

from functools import partial

import typer
from anyio import to_thread
from typer.testing import CliRunner, Result

from app.__main__ import commands
from app.commands.running import Command, with_context


async def run(*arguments: str, stdin: str = "") -> Result:
    """Runs a command as the shell would: in a thread, since it has an event loop of its own."""
    return await to_thread.run_sync(partial(CliRunner().invoke, commands, arguments, input=stdin))


async def run_alone(command: Command, *arguments: str) -> Result:
    """Runs a command that is not among the service's."""
    alone = typer.Typer()
    alone.command()(with_context(command))
    return await to_thread.run_sync(partial(CliRunner().invoke, alone, arguments))
