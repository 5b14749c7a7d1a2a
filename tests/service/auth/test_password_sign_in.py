"""What a sign-in tells, what it costs, and how guessing is slowed down."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import delete, select, update

from app.api import deps
from app.core.config import Settings
from app.core.errors import ServiceUnavailableError
from app.core.limits import memory_throttle
from app.core.security import PasswordCheck, PasswordHasher
from app.db.base import now
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from app.services.mailer import Mail
from service.support.audited import read_events
from service.support.mailed import OTHER_PASSWORD, post, token_in
from service.support.tokens import ask_token, bearer
from service.support.watching import watch_connections, watch_statements
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays last as long as a test, however slow the machine is."""
    monkeypatch.setattr(memory_throttle, "monotonic", lambda: 1000.0)


@pytest.mark.parametrize("column", ["disabled_at", "verified_at"])
async def test_no_response_tells_who_has_an_account(
    settings: Settings, database: Database, owner: Account, column: str
) -> None:
    """Unknown, wrong, disabled and not confirmed get one response, after one hash each."""
    strict = settings.model_copy(update={"require_verified_email": True})
    async with running(create_app(strict)) as client:
        wrong = await ask_token(client, password="wrong")
        unknown = await ask_token(client, username="nobody@example.com")
        async with database.session() as session:
            value = now() if column == "disabled_at" else None
            await session.execute(update(User).values({column: value}))
        closed = await ask_token(client)

    assert wrong.status_code == unknown.status_code == closed.status_code == 400
    assert wrong.json() == unknown.json() == closed.json()
    names = [set(response.headers) for response in (wrong, unknown, closed)]
    assert names[0] == names[1] == names[2]


async def test_everybody_costs_one_hash(
    client: AsyncClient, database: Database, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str | None] = []
    verify = PasswordHasher.verify

    async def note(self: PasswordHasher, password: str, stored: str | None) -> Any:
        hashed.append(stored)
        return await verify(self, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", note)
    await ask_token(client, password="wrong")
    await ask_token(client, username="nobody@example.com")
    await ask_token(client, password="x" * 1000)
    async with database.session() as session:
        await session.execute(update(User).values(disabled_at=now()))
    await ask_token(client)

    assert len(hashed) == 4
    assert hashed[1] is None


async def test_a_failure_takes_the_same_statements_for_an_unknown_address(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    with watch_statements() as known:
        await ask_token(client, password="wrong")
    with watch_statements() as unknown:
        await ask_token(client, username="nobody@example.com")

    # A savepoint that is rolled back costs what one that is released does.
    assert [each.replace("ROLLBACK TO", "RELEASE") for each in unknown] == known
    assert any(statement.startswith("INSERT INTO audit_events") for statement in known)
    assert await read_events(database, owner.tenant_id) == ["sign_in.failed"]


async def test_an_old_hash_is_replaced_at_sign_in(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    async with database.session() as session:
        before = await session.scalar(select(User.password_hash))
    assert (await ask_token(client)).status_code == 200
    async with database.session() as session:
        after = await session.scalar(select(User.password_hash))

    assert before != after
    assert str(after).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await ask_token(client)).status_code == 200


async def test_hashing_holds_no_connection(
    client: AsyncClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    verify = PasswordHasher.verify

    with watch_connections() as connections:

        async def note(self: PasswordHasher, password: str, stored: str | None) -> Any:
            held.append(connections.held)
            return await verify(self, password, stored)

        monkeypatch.setattr(PasswordHasher, "verify", note)
        response = await ask_token(client)

    assert response.status_code == 200
    assert held == [0]
    assert connections.held == 0


async def test_guesses_are_slowed_down(client: AsyncClient, owner: Account) -> None:
    for _ in range(5):
        assert (await ask_token(client, password="wrong")).status_code == 400
    refused = await ask_token(client)

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_a_stranger_keeps_nobody_out_where_they_signed_in_before(
    client: AsyncClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask_token(client)).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(deps, "get_address", lambda: "203.0.113.9")
        responses = [await ask_token(client, password="wrong") for _ in range(6)]
        assert [response.status_code for response in responses] == [400] * 5 + [429]
        # Not even the right password helps elsewhere.
        assert (await ask_token(client)).status_code == 429

    assert (await ask_token(client)).status_code == 200
    for _ in range(5):
        assert (await ask_token(client, password="wrong")).status_code == 429
    assert (await ask_token(client)).status_code == 429


@pytest.mark.parametrize("used_up", ["account", "address"])
async def test_nothing_tells_who_signed_in_from_here_before(
    settings: Settings,
    database: Database,
    owner: Account,
    monkeypatch: pytest.MonkeyPatch,
    used_up: str,
) -> None:
    """Of two accounts, one has signed in from here. Then somebody guesses at both."""
    bob = await make_account(database, email="bob@example.com")
    few = settings.model_copy(update={"sign_in_free_attempts_per_address": 8})
    hashed: list[str] = []
    verify = PasswordHasher.verify

    async def note(self: PasswordHasher, password: str, stored: str | None) -> Any:
        hashed.append(password)
        return await verify(self, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", note)
    async with running(create_app(few)) as client:
        assert (await ask_token(client)).status_code == 200
        if used_up == "address":
            for number in range(9):
                await ask_token(client, username=f"{number}@example.com")
        else:
            with monkeypatch.context() as patch:
                patch.setattr(deps, "get_address", lambda: "203.0.113.9")
                for email in (owner.email, bob.email):
                    for number in range(4):
                        await ask_token(client, username=email, password=f"first {number}")
        responses = {}
        for email in (owner.email, bob.email):
            hashed.clear()
            tries = [await ask_token(client, username=email, password="wrong") for _ in range(3)]
            responses[email] = [each.status_code for each in tries], len(hashed)

    assert responses[owner.email] == responses[bob.email]


async def test_a_redeemed_reset_ends_the_delay(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    """Also of a user who has not signed in from there before."""
    for _ in range(6):
        await ask_token(client, password="wrong")
    assert (await ask_token(client)).status_code == 429
    await post(client, "password-reset", email=owner.email)
    body = {"token": token_in(outbox[0]), "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 204

    assert (await ask_token(client, password=OTHER_PASSWORD)).status_code == 200


async def test_a_success_gives_new_attempts_to_the_account_and_none_to_the_address(
    settings: Settings, database: Database, owner: Account
) -> None:
    other = await make_account(database, email="bob@example.com")
    few = settings.model_copy(update={"sign_in_free_attempts_per_address": 7})
    async with running(create_app(few)) as client:
        for _ in range(4):
            await ask_token(client, password="wrong")
        assert (await ask_token(client)).status_code == 200
        # From here on ann is known at this address, and bob is not.
        for _ in range(3):
            assert (await ask_token(client, username=other.email, password="x")).status_code == 400
        assert (await ask_token(client, username=other.email)).status_code == 429


async def test_a_busy_service_counts_no_attempt(
    client: AsyncClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> PasswordCheck:
        raise ServiceUnavailableError("busy")

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "verify", refuse)
        for _ in range(8):
            assert (await ask_token(client)).status_code == 503

    assert (await ask_token(client)).status_code == 200


@pytest.mark.parametrize(
    "decided",
    [
        update(User).values(password_hash="another"),
        update(User).values(disabled_at=now()),
        update(User).values(verified_at=None),
    ],
    ids=["a new password", "disabled", "not confirmed"],
)
async def test_decisions_made_while_the_password_is_hashed_count(
    settings: Settings,
    database: Database,
    owner: Account,
    monkeypatch: pytest.MonkeyPatch,
    decided: Any,
) -> None:
    verify = PasswordHasher.verify

    async def decide(self: PasswordHasher, password: str, stored: str | None) -> PasswordCheck:
        check = await verify(self, password, stored)
        async with database.session() as session:
            await session.execute(decided)
        return check

    monkeypatch.setattr(PasswordHasher, "verify", decide)
    strict = settings.model_copy(update={"require_verified_email": True})
    async with running(create_app(strict)) as client:
        assert (await ask_token(client)).status_code == 400


async def test_a_tenant_that_is_deleted_meanwhile_is_not_signed_in_to(
    client: AsyncClient, database: Database, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = PasswordHasher.verify

    async def decide(self: PasswordHasher, password: str, stored: str | None) -> PasswordCheck:
        async with database.session() as session:
            await session.execute(delete(Tenant))
        return await verify(self, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", decide)
    granted = await ask_token(client)

    me = await client.get(ME, headers=bearer(granted))
    assert me.json()["tenant_id"] is None
