"""The commands of the service: `python -m app --help`."""

import asyncio
import secrets
import sys
from datetime import timedelta
from typing import Annotated

import typer
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from app.commands.running import load_settings, refuse, with_context
from app.context import open_settings_database
from app.core.config import Settings
from app.core.errors import AppError
from app.core.logging import configure_logging
from app.core.security import PasswordHasher
from app.core.settings import project
from app.core.settings.env_file import find_unread
from app.db.base import now
from app.db.expiry import expiring_models
from app.db.models.platform import UserSession
from app.extensions import extensions
from app.services import bootstrap, purging
from app.services.seeding import seed as seeding
from app.services.seeding.seed import Plan

commands = typer.Typer(
    help=project.NAME,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@commands.command()
def serve() -> None:
    """Serve on HOST and PORT until SIGTERM or Ctrl-C."""
    settings = load_settings()
    refuse(settings.refusals())
    configure_logging(settings.log_level)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # TRUSTED_PROXIES says whom to believe; uvicorn would believe whatever runs on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=20,
    )


@commands.command()
def check() -> None:
    """Say whether the service would start with these settings, and what in .env nobody reads."""
    settings = load_settings()
    for unread in find_unread(Settings):
        typer.echo(unread, err=True)
    refuse(settings.refusals())
    typer.echo("The settings are fine.")


@commands.command()
def create_owner(
    email: Annotated[str, typer.Option(help="The address to sign in with.")],
    tenant: Annotated[str, typer.Option(help="The name of the tenant to own.")] = project.NAME,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make a user and a tenant that they own; print the password unless it was given."""
    settings = load_settings()
    password = _read_password() if password_stdin else _make_password(settings)
    min_length = settings.password_min_length
    refuse(bootstrap.find_login_faults(email, password, tenant, min_length=min_length))
    try:
        asyncio.run(_create_owner(settings, email, password, tenant))
    except AppError as exc:
        refuse([str(exc)])
    typer.echo(f"email: {email.lower()}")
    if not password_stdin:
        typer.echo(f"password: {password}")


@commands.command()
def platform_admin(
    email: Annotated[str, typer.Option(help="The user's address.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it away again.")] = False,
) -> None:
    """Make a user an administrator of the platform, who may list and lock out all users."""
    settings = load_settings()
    try:
        asyncio.run(_set_platform_admin(settings, email, is_admin=not revoke))
    except AppError as exc:
        refuse([str(exc)])
    typer.echo(f"{email.lower()} is {'no' if revoke else 'a'} platform administrator")


@commands.command()
def cleanup() -> None:
    """Purge what has expired. Run it daily; it may run beside the service, and beside itself."""
    settings = load_settings()
    try:
        asyncio.run(_cleanup(settings))
    except SQLAlchemyError as exc:
        refuse([f"Not finished, run it again: {exc}"])


@commands.command()
def seed(
    tenants: Annotated[int, typer.Option(min=1, max=100, help="How many tenants.")] = 3,
    members: Annotated[int, typer.Option(min=4, max=1000, help="Members of each tenant.")] = 25,
    rows: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Rows that each seeder puts into each tenant.")
    ] = 2000,
    number: Annotated[
        int,
        typer.Option("--seed", min=0, max=999_999, help="The same number makes the same data."),
    ] = 1,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Fill a development database with tenants, people and rows; print the owners' login."""
    settings = load_settings()
    if settings.is_production:
        refuse(["A production database is not seeded: ENVIRONMENT is production"])
    password = _read_password() if password_stdin else _make_password(settings)
    min_length = settings.password_min_length
    refuse(
        bootstrap.find_login_faults("owner@example.com", password, "Tenant", min_length=min_length)
    )
    plan = Plan(seed=number, tenants=tenants, members=members, rows=rows, now=now())
    made: list[str] = []
    try:
        asyncio.run(_seed(settings, plan, password, made))
    except AppError as exc:
        refuse([str(exc)])
    except SQLAlchemyError as exc:
        refuse([f"Tenant {len(made) + 1} was not made: {str(exc).splitlines()[0]}"])
    finally:
        # Those that are there, although a later one may have failed.
        for email in made:
            typer.echo(f"email: {email}")
        if made and not password_stdin:
            typer.echo(f"password: {password}")


async def _create_owner(settings: Settings, email: str, password: str, tenant: str) -> None:
    password_hash = await PasswordHasher(workers=1).hash(password)
    async with open_settings_database(settings) as database, database.session() as session:
        await bootstrap.create_owner(
            session, email=email, password_hash=password_hash, tenant_name=tenant
        )


async def _set_platform_admin(settings: Settings, email: str, *, is_admin: bool) -> None:
    async with open_settings_database(settings) as database, database.session() as session:
        await bootstrap.set_platform_admin(session, email=email, is_admin=is_admin)


async def _cleanup(settings: Settings) -> None:
    retention = {UserSession.__tablename__: timedelta(seconds=settings.session_retention)}
    async with open_settings_database(settings) as database:
        async for table, count in purging.purge(database, expiring_models(), retention):
            typer.echo(f"{table}: {count}")


async def _seed(settings: Settings, plan: Plan, password: str, made: list[str]) -> None:
    """Adds the address of each owner to `made` when their tenant is there."""
    seeders = extensions.seeders
    async with open_settings_database(settings) as database:
        await seeding.require_unused(database, plan.seed)
        password_hash = await PasswordHasher(workers=1).hash(password)
        length = plan.count_rows(len(seeders))
        with typer.progressbar(length=length, label="Rows", file=sys.stderr) as bar:
            async for email in seeding.seed(
                database, plan, seeders, password_hash=password_hash, report=bar.update
            ):
                made.append(email)  # noqa: PERF401 - at once: a later one may fail


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _make_password(settings: Settings) -> str:
    return secrets.token_urlsafe(max(18, settings.password_min_length))


for command in extensions.commands:
    commands.command()(with_context(command))

if __name__ == "__main__":
    commands(prog_name="python -m app")
