"""How tests run the commands of `python -m app`."""

from functools import partial

from anyio import to_thread
from typer.testing import CliRunner, Result

from app.__main__ import commands


async def run(*arguments: str, stdin: str = "") -> Result:
    """Runs a command as the shell would: in a thread, since it has an event loop of its own."""
    return await to_thread.run_sync(partial(CliRunner().invoke, commands, arguments, input=stdin))
