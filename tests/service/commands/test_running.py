"""Commands of a team: what they are given, and how they end."""

from functools import partial
from typing import Annotated

import pytest
import typer
from anyio import to_thread
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.commands.running import Command, with_context
from app.context import AppContext
from app.core.errors import NotFoundError
from app.db.models.tenant import Tenant
from app.db.session import Database

pytestmark = pytest.mark.usefixtures("environment")


async def run(command: Command, *arguments: str) -> Result:
    commands = typer.Typer()
    commands.command()(with_context(command))
    return await to_thread.run_sync(partial(CliRunner().invoke, commands, arguments))


async def test_a_command_is_given_what_is_open(database: Database) -> None:
    async def add_tenant(
        context: AppContext, name: str, times: Annotated[int, typer.Option(min=1)] = 1
    ) -> None:
        """Add a tenant."""
        async with context.database.session() as session:
            session.add_all([Tenant(name=name) for _ in range(times)])
        typer.echo(f"{context.settings.environment} {type(context.mailer).__name__}")

    result = await run(add_tenant, "Acme", "--times", "2")

    assert (result.exit_code, result.stdout) == (0, "development ConsoleMailer\n")
    async with database.session() as session:
        assert (await session.scalars(text("SELECT name FROM tenants"))).all() == ["Acme"] * 2
    shown = await run(add_tenant, "--help")
    assert "Add a tenant." in shown.output
    assert "context" not in shown.output.lower()


async def test_an_error_for_clients_is_one_line(database: Database) -> None:
    async def find_nothing(_: AppContext) -> None:
        raise NotFoundError("There is no such report")

    result = await run(find_nothing)

    assert (result.exit_code, result.stderr) == (1, "There is no such report\n")


async def test_a_resource_that_is_not_open_is_named(database: Database) -> None:
    async def use_nothing(context: AppContext) -> None:
        context.resource(Tenant)

    result = await run(use_nothing)

    assert isinstance(result.exception, LookupError)
    assert "Tenant is not open" in str(result.exception)
