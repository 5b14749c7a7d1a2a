"""`python -m app`: what it prints, where, and with which exit code."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select, update

from app.core.config import reload_settings
from app.core.principal import Role
from app.core.security import PasswordHasher
from app.core.settings import project
from app.core.settings.errors import ConfigurationError
from app.crud import memberships
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from service.support.audited import read_events
from service.support.commands import run
from tests.platform.support import Account, make_account, make_session

PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.usefixtures("environment")


async def read_owner(database: Database) -> tuple[str, str, str, str]:
    async with database.session() as session:
        [row] = await session.execute(
            select(User.email, User.password_hash, Tenant.name, Membership.role)
            .join(Membership, Membership.user_id == User.id)
            .join(Tenant, Membership.tenant_id == Tenant.id)
        )
    email, password_hash, tenant, role = row
    return email, password_hash, tenant, role


async def test_without_a_command_all_are_listed() -> None:
    result = await run()

    for name in (
        "serve",
        "check",
        "create-owner",
        "add-owner",
        "platform-admin",
        "revoke-sessions",
        "cleanup",
        "seed",
    ):
        assert name in result.output


async def test_an_owner_gets_a_random_password(database: Database) -> None:
    result = await run("create-owner", "--email", "Ann@Example.com")

    assert result.exit_code == 0
    email, password = (line.partition(": ")[2] for line in result.stdout.splitlines())
    stored, password_hash, tenant, role = await read_owner(database)
    assert email == stored == "ann@example.com"
    assert await PasswordHasher(workers=1).verify(password, password_hash)
    assert (tenant, role) == (project.NAME, "owner")


async def test_an_owner_may_bring_a_password_and_a_name(database: Database) -> None:
    arguments = ("--email", "ann@example.com", "--tenant", "Acme", "--password-stdin")
    result = await run("create-owner", *arguments, stdin=f"{PASSWORD}\n")

    assert result.exit_code == 0
    assert result.stdout == "email: ann@example.com\n"
    _, password_hash, tenant, _ = await read_owner(database)
    assert await PasswordHasher(workers=1).verify(PASSWORD, password_hash)
    assert tenant == "Acme"


async def test_an_email_is_taken_once(database: Database) -> None:
    await run("create-owner", "--email", "ann@example.com")
    result = await run("create-owner", "--email", "ANN@example.com")

    assert result.exit_code == 1
    assert result.stderr == "A user with the e-mail ANN@example.com exists\n"
    await read_owner(database)


@pytest.mark.parametrize(
    ("email", "tenant", "password", "said"),
    [
        ("nobody", "Acme", PASSWORD, "'nobody' is not an e-mail address"),
        (
            "Bob <bob@example.com>",
            "Acme",
            PASSWORD,
            "'Bob <bob@example.com>' is not an e-mail address",
        ),
        ("a@example.com", " ", PASSWORD, "a tenant's name has 1 to 100 characters"),
        ("a@example.com", "x" * 101, PASSWORD, "a tenant's name has 1 to 100 characters"),
        ("a@example.com", "Acme", "short", "A password has at least 15 characters"),
        ("a@example.com", "Acme", "", "A password has at least 15 characters"),
        ("a@example.com", "Acme", "x" * 257, "A password has at most 256 characters"),
    ],
)
async def test_a_wrong_login_is_refused(email: str, tenant: str, password: str, said: str) -> None:
    arguments = ("--email", email, "--tenant", tenant, "--password-stdin")
    result = await run("create-owner", *arguments, stdin=password)

    assert result.exit_code == 1
    assert result.stderr == f"{said}\n"
    assert password not in result.output or password == ""


async def test_a_random_password_is_as_long_as_it_must_be(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_MIN_LENGTH", "64")
    reload_settings()
    result = await run("create-owner", "--email", "ann@example.com")

    assert result.exit_code == 0, result.output


async def test_an_administrator_is_made_and_unmade(database: Database) -> None:
    async def is_admin() -> bool | None:
        async with database.session() as session:
            return await session.scalar(select(User.is_platform_admin))

    await run("create-owner", "--email", "ann@example.com")
    assert await is_admin() is False
    made = await run("platform-admin", "--email", "Ann@example.com")
    assert made.stdout == "ann@example.com is a platform administrator\n"
    assert await is_admin() is True
    await run("platform-admin", "--email", "ann@example.com", "--revoke")
    assert await is_admin() is False


async def test_granting_and_revoking_are_audit_events_of_the_users_tenants(
    database: Database, owner: Account
) -> None:
    other = await make_account(database, email="bob@example.com")
    async with database.session() as session:
        await memberships.create(session, other.tenant_id, owner.user_id, Role.VIEWER)
    await run("platform-admin", "--email", owner.email)
    await run("platform-admin", "--email", owner.email, "--revoke")

    for tenant_id in (owner.tenant_id, other.tenant_id):
        assert await read_events(database, tenant_id) == [
            "platform_admin.granted",
            "platform_admin.revoked",
        ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verified_at": None}, "was never confirmed: it may be another's account"),
        ({"disabled_at": now()}, "is disabled"),
    ],
)
async def test_power_is_for_confirmed_users_who_are_not_disabled(
    database: Database, owner: Account, change: dict[str, Any], said: str
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(change))
    for command in (
        ("platform-admin", "--email", owner.email),
        ("add-owner", "--email", owner.email, "--tenant", str(owner.tenant_id)),
    ):
        result = await run(*command)
        assert (result.exit_code, result.stderr) == (1, f"{owner.email} {said}\n")


@pytest.mark.parametrize("is_member", [True, False])
async def test_a_tenant_is_given_an_owner(
    database: Database, owner: Account, is_member: bool
) -> None:
    bob = await make_account(database, email="bob@example.com")
    if is_member:
        async with database.session() as session:
            await memberships.create(session, owner.tenant_id, bob.user_id, Role.VIEWER)
    result = await run("add-owner", "--email", bob.email, "--tenant", str(owner.tenant_id))

    assert result.stdout == f"{bob.email} is an owner of {owner.tenant_id}\n"
    async with database.session() as session:
        membership = await memberships.get(session, owner.tenant_id, bob.user_id)
        assert membership is not None
        assert membership.role == Role.OWNER
    expected = "member.role_changed" if is_member else "member.joined"
    assert await read_events(database, owner.tenant_id) == [expected]


async def test_a_tenant_that_there_is_not_has_no_owner(database: Database, owner: Account) -> None:
    result = await run("add-owner", "--email", owner.email, "--tenant", str(owner.user_id))

    assert (result.exit_code, result.stderr) == (1, f"There is no tenant {owner.user_id}\n")


async def test_nobody_is_made_an_administrator(database: Database) -> None:
    result = await run("platform-admin", "--email", "nobody@example.com")

    assert result.exit_code == 1
    assert result.stderr == "There is no user with the e-mail nobody@example.com\n"


async def test_check_finds_nothing_wrong() -> None:
    result = await run("check")

    assert (result.exit_code, result.stdout) == (0, "The settings are fine.\n")


async def test_check_names_what_nobody_reads(folder: Path) -> None:
    with (folder / ".env").open("a") as env_file:
        env_file.write("DATABSE_URL=x\n")
    result = await run("check")

    assert result.exit_code == 0
    assert result.stderr == "DATABSE_URL: in .env, but no setting of this service\n"


async def test_check_refuses_what_is_not_for_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x.db")
    monkeypatch.setenv("JWT_SECRET", "hunter2")
    settings = reload_settings()
    result = await run("check")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == settings.refusals()
    assert len(settings.refusals()) > 3
    assert "hunter2" not in result.output
    with pytest.raises(ConfigurationError) as refused:
        create_app(settings)
    assert str(refused.value).splitlines()[1:] == settings.refusals()


@pytest.mark.parametrize("command", ["check", "serve"])
async def test_a_missing_secret_is_named(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").unlink()
    monkeypatch.setattr(uvicorn, "run", pytest.fail)
    with pytest.raises(ConfigurationError, match="JWT_SECRET"):
        reload_settings()
    result = await run(command)

    assert result.exit_code == 1
    # A team may have more of them.
    lines = result.stderr.splitlines()
    assert "JWT_SECRET: is not set and has no default" in lines
    assert [line for line in lines if not line.endswith(": is not set and has no default")] == []


@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_PREVIOUS_SECRETS"])
async def test_a_weak_secret_is_named_and_not_shown(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2")
    reload_settings()
    result = await run("check")

    assert result.exit_code == 1
    assert f"{name}: a secret has at least 32 characters" in result.stderr
    assert "hunter2" not in result.output


async def test_cleanup_counts_what_it_purges(database: Database, owner: Account) -> None:
    old = now() - timedelta(days=91)
    async with database.session() as session:
        for expires_at in (old, now() - timedelta(days=1)):
            ended = make_session(owner.user_id, owner.tenant_id)
            ended.expires_at = expires_at
            session.add(ended)
    first, second = await run("cleanup"), await run("cleanup")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert {
        "idempotency_keys: 0",
        "invitations: 0",
        "one_time_tokens: 0",
        "sessions: 1",
        "users: 0",
    } <= set(first.stdout.splitlines())
    assert "sessions: 0" in second.stdout.splitlines()


async def test_cleanup_says_that_it_is_not_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    reload_settings()
    result = await run("cleanup")

    assert result.exit_code == 1
    assert result.stderr.startswith("Not finished, run it again: ")
