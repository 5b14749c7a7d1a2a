"""`python -m app seed`: what it makes of its options, and what it says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select

from app.commands.seed import make_seed
from app.core.config import reload_settings
from app.db.base import Base
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.session import Database
from app.services.seeding.tenants import NewTenant
from service.support.commands import run, run_alone
from service.support.tokens import ask_token, bearer
from tests.platform.support import PASSWORD

pytestmark = pytest.mark.usefixtures("environment")

FEW = ("seed", "--tenants", "2", "--rows", "30")
OWNER = "owner-1.tenant-1.seed-1@example.com"


async def count_users(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def test_seed_fills_lists_that_its_login_sees(
    database: Database, client: AsyncClient
) -> None:
    result = await run(*FEW)

    assert result.exit_code == 0, result.output
    *emails, password = result.stdout.splitlines()
    assert emails == [f"email: owner-1.tenant-{number}.seed-1@example.com" for number in (1, 2)]
    await run("platform-admin", "--email", OWNER)
    response = await ask_token(client, username=OWNER, password=password.removeprefix("password: "))
    client.headers.update(bearer(response))
    for path in ("tenant/audit", "tenant/members", "tenant/invitations", "users", "auth/sessions"):
        page = (await client.get(f"/api/v1/{path}?limit=1")).json()
        assert (len(page["items"]), bool(page["next"])) == (1, True), path


async def test_seed_takes_a_password(database: Database, client: AsyncClient) -> None:
    result = await run(*FEW, "--password-stdin", stdin=f"{PASSWORD}\n")

    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["email", "email"]
    assert (await ask_token(client, username=OWNER)).status_code == 200


async def test_seed_refuses_a_weak_password(database: Database) -> None:
    result = await run(*FEW, "--password-stdin", stdin="short\n")

    assert result.exit_code == 1
    assert result.stderr == "A password has at least 15 characters\n"
    assert await count_users(database) == 0


async def test_seed_is_not_for_production(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    reload_settings()
    result = await run(*FEW)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "A production database is not seeded: ENVIRONMENT is production\n"
    assert await count_users(database) == 0


async def test_a_seed_is_refused_the_second_time(database: Database) -> None:
    await run(*FEW)
    before = await count_users(database)
    again = await run("seed", "--tenants", "5", "--rows", "30")

    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == "The database has the data of seed 1 already: choose another --seed\n"
    assert await count_users(database) == before
    assert (await run(*FEW, "--seed", "2")).exit_code == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///{}/empty.db", "no such table: users"),
        ("postgresql://nobody@127.0.0.1:1/none", "Connect call failed ('127.0.0.1', 1)"),
    ],
)
async def test_seed_says_what_the_database_did(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", url.format(tmp_path))
    reload_settings()
    result = await run(*FEW)

    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("Tenant 1 was not made: ")
    assert line.endswith(said)


async def test_seed_tells_the_login_of_what_stays(database: Database, client: AsyncClient) -> None:
    def fail_late(tenant: NewTenant) -> Iterator[Base]:
        if tenant.name == "Tenant 2":
            yield Tenant(id=tenant.tenant_id, name="The same again")

    result = await run_alone(make_seed([fail_late]), "--tenants", "3", "--members", "4")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Tenant 2 was not made: ")
    email, password = (line.partition(": ")[2] for line in result.stdout.splitlines())
    assert (await ask_token(client, username=email, password=password)).status_code == 200
    assert await count_users(database) == 4


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--tenants", value) for value in ("0", "101", "many")),
        *(("--members", value) for value in ("3", "1001")),
        *(("--rows", value) for value in ("-1", "1000001")),
        *(("--seed", value) for value in ("-1", "1000000")),
    ],
)
async def test_seed_has_bounds(option: str, value: str, database: Database) -> None:
    result = await run("seed", option, value)

    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.stderr
    assert await count_users(database) == 0
