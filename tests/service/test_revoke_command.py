"""`python -m app revoke-sessions`: what an operator ends after a leak."""

import pytest
from sqlalchemy import func, select

from app.core.principal import Role
from app.crud import memberships
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.services import bootstrap
from service.support.audited import read_events
from service.support.commands import run
from tests.platform.support import Account, make_account, make_session

pytestmark = pytest.mark.usefixtures("environment")


async def count_open(database: Database) -> int:
    async with database.session() as session:
        statement = select(func.count()).where(UserSession.revoked_at.is_(None))
        return await session.scalar(statement) or 0


async def test_the_sessions_of_a_user_end_and_their_tenants_are_told(
    database: Database, owner: Account
) -> None:
    other = await make_account(database, email="bob@example.com")
    async with database.session() as session:
        await memberships.create(session, other.tenant_id, owner.user_id, Role.VIEWER)
    before = await count_open(database)
    result = await run("revoke-sessions", "--email", owner.email.upper())

    assert (result.exit_code, result.stdout) == (0, "sessions ended: 1\n")
    assert await count_open(database) == before - 1
    for tenant_id in (owner.tenant_id, other.tenant_id):
        assert await read_events(database, tenant_id) == ["sessions.revoked"]


async def test_the_sessions_of_everyone_end(database: Database, owner: Account) -> None:
    await make_account(database, email="bob@example.com")
    result = await run("revoke-sessions", "--everyone")

    assert result.exit_code == 0, result.output
    assert await count_open(database) == 0


async def test_it_takes_as_many_transactions_as_it_needs(
    database: Database, owner: Account
) -> None:
    async with database.session() as session:
        session.add_all(make_session(owner.user_id, owner.tenant_id) for _ in range(4))
    before = await count_open(database)

    assert await bootstrap.revoke_every_session(database, batch=2) == before
    assert await count_open(database) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say whose: --email ADDRESS, or --everyone"),
        (["--email", "a@example.com", "--everyone"], "Say whose: --email ADDRESS, or --everyone"),
        (["--email", "a@example.com"], "There is no user with the e-mail a@example.com"),
    ],
)
async def test_it_says_what_is_wrong(
    database: Database, owner: Account, arguments: list[str], said: str
) -> None:
    before = await count_open(database)
    result = await run("revoke-sessions", *arguments)

    assert (result.exit_code, result.stderr) == (1, f"{said}\n")
    assert await count_open(database) == before
