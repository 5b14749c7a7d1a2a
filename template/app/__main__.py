"""The commands of the service: `python -m app --help`."""

import typer

from app.commands import serving
from app.commands.checking import check
from app.commands.cleanup import cleanup
from app.commands.running import Command, load_settings, refuse, with_context
from app.commands.seed import make_seed
from app.commands.sessions import revoke_sessions
from app.commands.users import add_owner, create_owner, platform_admin
from app.commands.version import version
from app.commands.worker import work
from app.core.config import Settings
from app.core.logging import configure_logging
from app.core.settings import project
from app.extensions import extensions

commands = typer.Typer(
    help=project.NAME,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def start() -> Settings:
    """Returns the settings of a process that serves, or refuses them."""
    settings = load_settings()
    refuse(settings.refusals())
    configure_logging(settings.log_level, is_text=settings.logs_text)
    return settings


@commands.command()
def serve() -> None:
    """Serve on HOST and PORT until SIGTERM or Ctrl-C."""
    serving.serve(start())


@commands.command(hidden=True)
def serve_worker(lifeline: int, listeners: list[int]) -> None:
    """What `serve` starts WORKERS times."""
    work(start(), lifeline, listeners)


commands.command()(version)

own: list[Command] = [
    check,
    create_owner,
    add_owner,
    platform_admin,
    revoke_sessions,
    cleanup,
    make_seed(extensions.seeders),
]
for command in (*own, *extensions.commands):
    commands.command()(with_context(command))

if __name__ == "__main__":
    commands(prog_name="python -m app")
