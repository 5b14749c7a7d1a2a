import typer

from app.commands.running import refuse
from app.core.settings import project
from app.core.settings.errors import ConfigurationError, load
from app.core.settings.platform_version import PLATFORM_VERSION
from app.core.settings.server import ServerSettings


def version() -> None:
    """Show the releases of the service and of the platform; needs no secrets."""
    try:
        settings = load(ServerSettings)
    except ConfigurationError as exc:
        refuse(exc.reasons)
        raise
    typer.echo(f"{project.NAME} {settings.version}, platform {PLATFORM_VERSION}")
