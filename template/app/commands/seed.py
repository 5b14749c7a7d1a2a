"""`python -m app seed`: tenants, people and rows for a development database."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from app.commands.passwords import PasswordStdin, make_password, read_password
from app.commands.running import Command, refuse
from app.context import AppContext
from app.core.security import PasswordHasher
from app.db.base import now
from app.db.failures import explain
from app.services import bootstrap
from app.services.seeding import seed as seeding
from app.services.seeding.seed import Plan
from app.services.seeding.tenants import Seeder

Tenants = Annotated[int, typer.Option(min=1, max=100, help="How many tenants.")]
Members = Annotated[int, typer.Option(min=4, max=1000, help="Members of each tenant.")]
Rows = Annotated[
    int, typer.Option(min=0, max=1_000_000, help="Rows that each seeder puts into each tenant.")
]
Number = Annotated[
    int, typer.Option("--seed", min=0, max=999_999, help="The same number makes the same data.")
]


def make_seed(seeders: Sequence[Seeder]) -> Command:
    """Returns the command for the seeders of a service."""

    async def seed(
        context: AppContext,
        tenants: Tenants = 3,
        members: Members = 25,
        rows: Rows = 2000,
        number: Number = 1,
        password_stdin: PasswordStdin = False,
    ) -> None:
        """Fill a development database with tenants, people and rows; print the owners' login."""
        if context.settings.is_production:
            refuse(["A production database is not seeded: ENVIRONMENT is production"])
        min_length = context.settings.password_min_length
        password = read_password() if password_stdin else make_password(min_length)
        login = "owner@example.com", password, "Tenant"
        refuse(bootstrap.find_login_faults(*login, min_length=min_length))
        plan = Plan(seed=number, tenants=tenants, members=members, rows=rows, now=now())
        made: list[str] = []
        try:
            await _fill(context, plan, seeders, password, made)
        except SQLAlchemyError as exc:
            reason = explain(exc) or str(exc).splitlines()[0]
            refuse([f"Tenant {len(made) + 1} was not made: {reason}"])
        finally:
            # Those that are there, although a later one may have failed.
            for email in made:
                typer.echo(f"email: {email}")
            if made and not password_stdin:
                typer.echo(f"password: {password}")

    return seed


async def _fill(
    context: AppContext, plan: Plan, seeders: Sequence[Seeder], password: str, made: list[str]
) -> None:
    """Adds the address of each owner to `made` when their tenant is there."""
    await seeding.require_unused(context.database, plan.seed)
    password_hash = await PasswordHasher(workers=1).hash(password)
    length = plan.count_rows(len(seeders))
    with typer.progressbar(length=length, label="Rows", file=sys.stderr) as bar:
        async for email in seeding.seed(
            context.database, plan, seeders, password_hash=password_hash, report=bar.update
        ):
            made.append(email)  # noqa: PERF401 - at once: a later one may fail
