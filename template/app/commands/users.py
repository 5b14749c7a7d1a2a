"""Users from the command line: owners of tenants, and platform administrators."""

from typing import Annotated
from uuid import UUID

import typer

from app.commands.passwords import PasswordStdin, make_password, read_password
from app.commands.running import refuse
from app.context import AppContext
from app.core.security import PasswordHasher
from app.core.settings import project
from app.services import bootstrap

Email = Annotated[str, typer.Option(help="The address to sign in with.")]


async def create_owner(
    context: AppContext,
    email: Email,
    tenant: Annotated[str, typer.Option(help="The name of the tenant to own.")] = project.NAME,
    password_stdin: PasswordStdin = False,
) -> None:
    """Make a user and a tenant that they own; print the password unless it was given."""
    min_length = context.settings.password_min_length
    password = read_password() if password_stdin else make_password(min_length)
    refuse(bootstrap.find_login_faults(email, password, tenant, min_length=min_length))
    password_hash = await PasswordHasher(workers=1).hash(password)
    async with context.database.session() as session:
        user = await bootstrap.create_owner(
            session, email=email, password_hash=password_hash, tenant_name=tenant
        )
    typer.echo(f"email: {user.email}")
    if not password_stdin:
        typer.echo(f"password: {password}")


async def platform_admin(
    context: AppContext,
    email: Email,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it away again.")] = False,
) -> None:
    """Make a user an administrator of the platform, who may list and disable all users."""
    async with context.database.session() as session:
        user = await bootstrap.set_platform_admin(session, email=email, is_admin=not revoke)
    typer.echo(f"{user.email} is {'no' if revoke else 'a'} platform administrator")


async def add_owner(
    context: AppContext,
    email: Email,
    tenant_id: Annotated[UUID, typer.Option("--tenant", help="The id of the tenant.")],
) -> None:
    """Make a user an owner of a tenant, for example of one whose owners are disabled."""
    async with context.database.session() as session:
        user = await bootstrap.add_owner(session, email=email, tenant_id=tenant_id)
    typer.echo(f"{user.email} is an owner of {tenant_id}")
