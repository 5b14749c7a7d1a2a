"""The token endpoint, and what ends a session."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from prometheus_client import REGISTRY
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from app.api import deps
from app.core.config import Settings
from app.core.errors import ServiceUnavailableError
from app.core.principal import Role
from app.core.security import PasswordHasher, Verdict
from app.crud import memberships, tenants
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.main import create_app
from tests.support import (
    PASSWORD,
    Account,
    make_account,
    read_events,
    running,
    watch_connections,
)
from tests.tokens import TOKEN, ask_token, bearer, refresh

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"


async def test_a_password_buys_two_tokens(client: AsyncClient, owner: Account) -> None:
    answer = await ask_token(client)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 900
    assert (await client.get(ME, headers=bearer(answer))).json() == {
        "user_id": str(owner.user_id),
        "email": owner.email,
        "name": "",
        "is_platform_admin": False,
        "tenant_id": str(owner.tenant_id),
        "role": "owner",
    }


async def test_the_email_is_not_case_sensitive(client: AsyncClient, owner: Account) -> None:
    assert (await ask_token(client, username=" Ann@Example.COM ")).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@example.com"}, "invalid_grant"),
        ({"password": PASSWORD + "x" * 1000}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"username": ""}, "invalid_request"),
        ({"password": ""}, "invalid_request"),
        ({"tenant": "not an id"}, "invalid_request"),
        ({"tenant": str(uuid4())}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        (
            {"grant_type": "refresh_token", "refresh_token": "x" * 43 + "." + "y" * 43},
            "invalid_grant",
        ),
    ],
)
async def test_refusals_have_the_form_of_rfc_6749(
    client: AsyncClient, owner: Account, form: dict[str, str], error: str
) -> None:
    answer = await ask_token(client, **form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["cache-control"] == "no-store"


async def test_a_body_that_is_no_form_is_refused(client: AsyncClient) -> None:
    answer = await client.post(TOKEN, json={"grant_type": "password"})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize("column", ["disabled_at", "verified_at"])
async def test_no_answer_tells_who_has_an_account(
    settings: Settings, database: Database, owner: Account, column: str
) -> None:
    """Unknown, wrong, locked out and not confirmed are one answer, after one hash each."""
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
    names = [set(answer.headers) for answer in (wrong, unknown, closed)]
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


async def test_failures_and_successes_are_audit_events(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    await ask_token(client, password="wrong")
    await ask_token(client)

    assert await read_events(database, owner.tenant_id) == ["sign_in.failed", "sign_in"]


async def test_a_sign_in_may_pick_the_tenant(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    async with database.session() as session:
        other = await tenants.create(session, name="joined later")
        await memberships.create(session, other.id, owner.user_id, Role.MEMBER)

    first = (await client.get(ME, headers=bearer(await ask_token(client)))).json()
    picked = await ask_token(client, tenant=str(other.id))
    second = (await client.get(ME, headers=bearer(picked))).json()
    switched = await refresh(client, picked.json()["refresh_token"], tenant=str(owner.tenant_id))
    third = (await client.get(ME, headers=bearer(switched))).json()

    assert first["tenant_id"] == third["tenant_id"] == str(owner.tenant_id)
    assert (second["tenant_id"], second["role"]) == (str(other.id), "member")


async def test_without_a_tenant_there_is_still_a_session(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    async with database.session() as session:
        await session.execute(delete(Membership))
    granted = await ask_token(client)
    headers = bearer(granted)

    assert (await client.get(ME, headers=headers)).json()["tenant_id"] is None
    assert (await client.get("/api/v1/tenant", headers=headers)).status_code == 403
    made = await client.post("/api/v1/tenants", headers=headers, json={"name": "New"})
    wish = {"tenant": made.json()["id"]}
    refreshed = await refresh(client, granted.json()["refresh_token"], **wish)
    tenant = await client.get("/api/v1/tenant", headers=bearer(refreshed))
    assert tenant.json()["id"] == made.json()["id"]


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eA=="}]
)
async def test_without_a_valid_token_nobody_is_signed_in(
    client: AsyncClient, header: dict[str, str]
) -> None:
    answer = await client.get(ME, headers=header)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize(
    "ending",
    [
        delete(UserSession),
        delete(Membership),
        update(UserSession).values(revoked_at=now()),
        update(UserSession).values(expires_at=now()),
        update(UserSession).values(idle_expires_at=now()),
        update(User).values(disabled_at=now()),
    ],
    ids=["deleted", "not a member", "revoked", "expired", "idle", "locked out"],
)
async def test_a_token_ends_with_what_it_stands_for(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, ending: Any
) -> None:
    assert (await client.get(ME, headers=sign_in(owner))).status_code == 200
    async with database.session() as session:
        await session.execute(ending)

    assert (await client.get(ME, headers=sign_in(owner))).status_code == 401


async def test_a_changed_role_counts_at_the_next_request(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    async with database.session() as session:
        await session.execute(update(Membership).values(role=Role.VIEWER))

    assert (await client.get(ME, headers=sign_in(owner))).json()["role"] == "viewer"


async def test_logging_out_ends_both_tokens(client: AsyncClient, owner: Account) -> None:
    granted, other = await ask_token(client), await ask_token(client)
    headers = bearer(granted)

    assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
    assert (await client.get(ME, headers=headers)).status_code == 401
    assert (await refresh(client, granted.json()["refresh_token"])).status_code == 400
    assert (await client.get(ME, headers=bearer(other))).status_code == 200


async def test_logging_out_everywhere_ends_every_session(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    granted = await ask_token(client)

    assert (await client.post("/api/v1/auth/logout-all", headers=sign_in(owner))).status_code == 204
    assert (await client.get(ME, headers=sign_in(owner))).status_code == 401
    assert (await refresh(client, granted.json()["refresh_token"])).status_code == 400


async def test_sessions_are_listed_and_ended_one_by_one(
    client: AsyncClient, owner: Account, sign_in: Headers
) -> None:
    granted = await client.post(
        TOKEN,
        data={"grant_type": "password", "username": owner.email, "password": PASSWORD},
        headers={"User-Agent": "a phone"},
    )
    listed = (await client.get("/api/v1/auth/sessions", headers=sign_in(owner))).json()["items"]
    [phone] = [each for each in listed if each["user_agent"] == "a phone"]

    assert len(listed) == 2
    path = f"/api/v1/auth/sessions/{phone['id']}"
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 204
    assert (await client.get(ME, headers=bearer(granted))).status_code == 401
    assert (await client.delete(path, headers=sign_in(owner))).status_code == 404


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
        answer = await ask_token(client)

    assert answer.status_code == 200
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
        answers = [await ask_token(client, password="wrong") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [400] * 5 + [429]

    assert (await ask_token(client)).status_code == 200
    for _ in range(5):
        assert (await ask_token(client, password="wrong")).status_code == 400
    assert (await ask_token(client)).status_code == 429


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
    async def refuse(*_: object) -> Verdict:
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
    ids=["a new password", "locked out", "not confirmed"],
)
async def test_what_is_decided_while_the_password_is_hashed_counts(
    settings: Settings,
    database: Database,
    owner: Account,
    monkeypatch: pytest.MonkeyPatch,
    decided: Any,
) -> None:
    verify = PasswordHasher.verify

    async def decide(self: PasswordHasher, password: str, stored: str | None) -> Verdict:
        verdict = await verify(self, password, stored)
        async with database.session() as session:
            await session.execute(decided)
        return verdict

    monkeypatch.setattr(PasswordHasher, "verify", decide)
    strict = settings.model_copy(update={"require_verified_email": True})
    async with running(create_app(strict)) as client:
        assert (await ask_token(client)).status_code == 400


async def test_a_tenant_that_is_deleted_meanwhile_is_not_signed_in_to(
    client: AsyncClient, database: Database, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = PasswordHasher.verify

    async def decide(self: PasswordHasher, password: str, stored: str | None) -> Verdict:
        async with database.session() as session:
            await session.execute(delete(Tenant))
        return await verify(self, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", decide)
    granted = await ask_token(client)

    me = await client.get(ME, headers=bearer(granted))
    assert me.json()["tenant_id"] is None


async def test_security_events_are_logged_and_counted(
    client: AsyncClient, owner: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    before = REGISTRY.get_sample_value("security_events_total", {"event": "sign_in.failed"})
    await ask_token(client, password="wrong")
    after = REGISTRY.get_sample_value("security_events_total", {"event": "sign_in.failed"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [logged] = [line for line in lines if line.get("event") == "security"]

    assert (after or 0) - (before or 0) == 1
    assert (logged["kind"], logged["user"]) == ("sign_in.failed", str(owner.user_id))
    assert logged["client"]
    assert "wrong" not in json.dumps(lines)


async def test_an_event_of_a_failed_commit_is_not_reported(
    client: AsyncClient, owner: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the commit failed")

    event.listen(Session, "before_commit", fail)
    try:
        assert (await ask_token(client)).status_code == 500
    finally:
        event.remove(Session, "before_commit", fail)

    assert '"kind": "sign_in"' not in capsys.readouterr().out
