"""How commands run: with the settings read, and with what they need open."""

import asyncio
import functools
import inspect
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate

import typer
from sqlalchemy.exc import SQLAlchemyError

from app.context import AppContext, open_context
from app.core.config import Settings, get_settings
from app.core.errors import AppError
from app.core.settings.errors import ConfigurationError
from app.db.failures import explain

# The function's name is the command's, its other parameters are the arguments and options (Typer).
Command = Callable[Concatenate[AppContext, ...], Coroutine[Any, Any, None]]


def with_context(command: Command) -> Callable[..., None]:
    """Makes a function for Typer of a coroutine function whose first argument is what is open."""
    signature = inspect.signature(command, eval_str=True)
    first, *others = signature.parameters.values()

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        try:
            asyncio.run(_run(command, load_settings(), arguments))
        except asyncio.CancelledError:
            raise typer.Exit(code=128 + signal.SIGTERM) from None

    run.__annotations__ = {k: v for k, v in command.__annotations__.items() if k != first.name}
    vars(run)["__signature__"] = signature.replace(parameters=others)
    return run


async def _run(command: Command, settings: Settings, arguments: dict[str, Any]) -> None:
    task = asyncio.current_task()
    if task and threading.current_thread() is threading.main_thread():
        # What the command has open is closed, and its transaction rolled back.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with failures_refused():
        async with open_context(settings) as context:
            await command(context, **arguments)


@contextmanager
def failures_refused(prefix: str = "") -> Iterator[None]:
    """Ends the command with one line for what is no fault of it; other errors have a traceback."""
    try:
        yield
    except AppError as exc:
        refuse([f"{prefix}{exc}"])
    except SQLAlchemyError as exc:
        reason = explain(exc)
        if reason is None:
            raise
        refuse([f"{prefix}{reason}"])


def load_settings() -> Settings:
    """Reads the settings, or ends with one line for each that is missing or wrong."""
    try:
        return get_settings()
    except ConfigurationError as exc:
        refuse(exc.reasons)
        raise


def refuse(reasons: list[str]) -> None:
    """Ends the command with an error that lists the reasons, if there are any."""
    for reason in reasons:
        typer.echo(reason, err=True)
    if reasons:
        raise typer.Exit(code=1)
