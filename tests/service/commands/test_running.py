"""Commands of a team: what they are given, and how they end."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from sqlalchemy import text

import app
from app.context import AppContext
from app.core.config import Settings
from app.core.errors import NotFoundError
from app.db.models.tenant import Tenant
from app.db.session import Database
from service.support.commands import run_alone

ROOT = Path(app.__file__).parents[1]
pytestmark = pytest.mark.usefixtures("environment")


async def test_a_command_is_given_what_is_open(database: Database) -> None:
    async def add_tenant(
        context: AppContext, name: str, times: Annotated[int, typer.Option(min=1)] = 1
    ) -> None:
        """Add a tenant."""
        async with context.database.session() as session:
            session.add_all([Tenant(name=name) for _ in range(times)])
        typer.echo(f"{context.settings.environment} {type(context.mailer).__name__}")

    result = await run_alone(add_tenant, "Acme", "--times", "2")

    assert (result.exit_code, result.stdout) == (0, "test ConsoleMailer\n")
    async with database.session() as session:
        assert (await session.scalars(text("SELECT name FROM tenants"))).all() == ["Acme"] * 2
    shown = await run_alone(add_tenant, "--help")
    assert "Add a tenant." in shown.output
    assert "context" not in shown.output.lower()


async def test_an_error_for_clients_is_one_line(database: Database) -> None:
    async def find_nothing(_: AppContext) -> None:
        raise NotFoundError("There is no such report")

    result = await run_alone(find_nothing)

    assert (result.exit_code, result.stderr) == (1, "There is no such report\n")


async def test_a_resource_that_is_not_open_is_named(database: Database) -> None:
    async def use_nothing(context: AppContext) -> None:
        context.resource(Tenant)

    result = await run_alone(use_nothing)

    assert isinstance(result.exception, LookupError)
    assert "Tenant is not open" in str(result.exception)


def test_a_command_that_is_terminated_closes_what_it_has_open(
    settings: Settings, folder: Path
) -> None:
    """In a process of its own, as a worker is run."""
    script = """
import anyio, typer
from app.commands.running import with_context

async def work(context):
    try:
        async with context.database.session():
            print("working", flush=True)
            await anyio.sleep_forever()
    finally:
        print("closed", flush=True)

commands = typer.Typer()
commands.command()(with_context(work))
commands()
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DATABASE_URL": settings.database_url}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "working\n"
        process.terminate()
        said, _ = process.communicate(timeout=20)

    assert (process.returncode, said) == (143, "closed\n")
