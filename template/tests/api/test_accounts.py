"""Registration, confirmation and reset."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session
from starlette.types import Message

from app.core.config import Settings
from app.core.mailer import Mail
from app.core.passwords import NewPasswords
from app.db.base import now
from app.db.models.one_time_token import OneTimeToken
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from tests.support import PASSWORD, Account, call, read_events, running, watch_statements
from tests.tokens import ask_token, bearer

NEW = "new@example.com"
OTHER_PASSWORD = "another quite long password"


async def post(client: AsyncClient, path: str, **body: str) -> Response:
    return await client.post(f"/api/v1/auth/{path}", json=body)


async def register(client: AsyncClient, email: str = NEW) -> Response:
    return await post(client, "register", email=email, password=PASSWORD)


async def confirm(client: AsyncClient, mail: Mail, password: str = PASSWORD) -> Response:
    return await post(client, "verify-email/confirm", token=token_in(mail), password=password)


def token_in(mail: Mail) -> str:
    found = re.search(r"#token=(\S+)", mail.text)
    assert found, mail.text
    return found[1]


async def test_who_registers_has_a_tenant_of_their_own(
    client: AsyncClient, database: Database, outbox: list[Mail]
) -> None:
    answer = await register(client, "New@Example.com")

    assert (answer.status_code, answer.content) == (202, b"")
    granted = await ask_token(client, username=NEW)
    me = (await client.get("/api/v1/auth/me", headers=bearer(granted))).json()
    assert (me["email"], me["role"]) == (NEW, "owner")
    tenant = (await client.get("/api/v1/tenant", headers=bearer(granted))).json()
    assert tenant["name"] == "new"
    assert (await read_events(database, UUID(me["tenant_id"])))[0] == "user.registered"


async def test_signing_in_waits_for_the_confirmation(
    settings: Settings, database: Database, outbox: list[Mail]
) -> None:
    strict = settings.model_copy(update={"require_verified_email": True})
    async with running(create_app(strict)) as client:
        await register(client)
        [mail] = outbox
        assert mail.to == NEW
        assert (await ask_token(client, username=NEW)).status_code == 400

        confirmed = await confirm(client, mail)
        assert confirmed.status_code == 204
        assert (await ask_token(client, username=NEW)).status_code == 200
        again = await confirm(client, mail)
        assert (again.status_code, again.json()["code"]) == (400, "invalid_token")


async def test_a_click_confirms_no_account_that_somebody_else_made(
    client: AsyncClient, database: Database, outbox: list[Mail]
) -> None:
    """Whoever reads the mail needs the password as well; if it is not theirs, they set a new one."""
    await register(client)
    refused = await confirm(client, outbox[0], "the reader's own password")

    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is None
    await post(client, "password-reset", email=NEW)
    body = {"token": token_in(outbox[1]), "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 204
    assert (await ask_token(client, username=NEW)).status_code == 400
    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is not None


@pytest.mark.parametrize("path", ["register", "password-reset", "verify-email"])
async def test_the_database_is_asked_after_the_answer(
    app: FastAPI, database: Database, owner: Account, outbox: list[Mail], path: str
) -> None:
    """So the time until the answer tells nothing about the address."""
    body = {"password": PASSWORD} if path == "register" else {}
    asked: list[int] = []
    async with app.router.lifespan_context(app) as state:
        for email in (owner.email, NEW):
            with watch_statements() as seen:

                async def note(message: Message, seen: list[str] = seen) -> None:
                    if message["type"] == "http.response.body":
                        asked.append(len(seen))

                await call(app, state, f"/api/v1/auth/{path}", {"email": email} | body, note)
            assert len(seen) > 0

    assert asked == [0, 0]


async def test_a_stranger_uses_up_nobodys_mails_of_another_kind(
    client: AsyncClient,
    owner: Account,
    sign_in: Callable[[Account], dict[str, str]],
    outbox: list[Mail],
) -> None:
    for path in ("verify-email", "register"):
        for _ in range(5):
            body = {"password": PASSWORD} if path == "register" else {}
            await post(client, path, email=owner.email, **body)
    outbox.clear()
    await post(client, "password-reset", email=owner.email)

    assert len(outbox) == 1


async def test_requests_for_mails_are_counted_by_their_sender(
    settings: Settings, database: Database, outbox: list[Mail]
) -> None:
    few = settings.model_copy(update={"sign_in_free_attempts_per_address": 2})
    async with running(create_app(few)) as client:
        emails = [f"{number}@example.com" for number in range(3)]
        answers = [await register(client, email) for email in emails]

    assert [answer.status_code for answer in answers] == [202, 202, 429]


async def test_a_reset_confirms_the_address(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(verified_at=None))
    await post(client, "password-reset", email=owner.email)
    body = {"token": token_in(outbox[0]), "new_password": OTHER_PASSWORD}
    await post(client, "password-reset/confirm", **body)

    async with database.session() as session:
        assert await session.scalar(select(User.verified_at)) is not None


async def test_who_is_locked_out_gets_no_mail(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    async with database.session() as session:
        await session.execute(update(User).values(disabled_at=now(), verified_at=None))
    for path in ("password-reset", "verify-email"):
        await post(client, path, email=owner.email)

    assert outbox == []


async def test_a_mail_is_sent_behind_the_commit(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the commit failed")

    event.listen(Session, "before_commit", fail)
    try:
        await post(client, "password-reset", email=owner.email)
    finally:
        event.remove(Session, "before_commit", fail)

    assert outbox == []


@pytest.mark.parametrize("path", ["register", "password-reset", "verify-email"])
async def test_the_answer_does_not_tell_who_has_an_account(
    client: AsyncClient, owner: Account, outbox: list[Mail], path: str
) -> None:
    """Bodies, headers and hashes alike; the mail goes to whoever reads it."""
    body = {"password": PASSWORD} if path == "register" else {}
    known = await post(client, path, email=owner.email, **body)
    unknown = await post(client, path, email=NEW, **body)

    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content == b""
    assert set(known.headers) == set(unknown.headers)


async def test_registering_costs_one_hash_whoever_it_is(
    client: AsyncClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    async def note(_: NewPasswords, password: str, **__: object) -> str:
        hashed.append(password)
        return "a hash"

    monkeypatch.setattr(NewPasswords, "hash", note)
    for email in (owner.email, NEW):
        await register(client, email)

    assert len(hashed) == 2


async def test_who_has_an_account_is_told_by_mail(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await register(client, owner.email)

    [mail] = outbox
    assert mail.to == owner.email
    assert "#token=" not in mail.text
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
    assert (await ask_token(client)).status_code == 200


async def test_nobody_is_flooded_with_mails(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    answers = [await post(client, "password-reset", email=owner.email) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {202}
    assert len(outbox) == 3


async def test_registration_can_be_closed(settings: Settings, outbox: list[Mail]) -> None:
    closed = settings.model_copy(update={"registration_enabled": False})
    async with running(create_app(closed)) as client:
        answer = await register(client)

    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert outbox == []


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaaaaaaaaaa", NEW])
async def test_a_weak_password_is_refused(
    client: AsyncClient, outbox: list[Mail], password: str
) -> None:
    answer = await post(client, "register", email=NEW, password=password)

    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert password not in answer.text


async def test_a_reset_sets_the_password_and_ends_all_sessions(
    client: AsyncClient,
    database: Database,
    owner: Account,
    sign_in: Callable[[Account], dict[str, str]],
    outbox: list[Mail],
) -> None:
    await post(client, "password-reset", email=owner.email)
    body = {"token": token_in(outbox[0]), "new_password": OTHER_PASSWORD}
    answer = await post(client, "password-reset/confirm", **body)

    assert answer.status_code == 204
    assert (await client.get("/api/v1/auth/me", headers=sign_in(owner))).status_code == 401
    assert (await ask_token(client)).status_code == 400
    assert (await ask_token(client, password=OTHER_PASSWORD)).status_code == 200
    assert (await post(client, "password-reset/confirm", **body)).status_code == 400
    assert "password.reset" in await read_events(database, owner.tenant_id)


async def test_a_refused_password_leaves_the_token_good(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    token = token_in(outbox[0])

    weak = await post(client, "password-reset/confirm", token=token, new_password="short")
    assert weak.status_code == 422
    strong = await post(client, "password-reset/confirm", token=token, new_password=OTHER_PASSWORD)
    assert strong.status_code == 204


async def test_a_token_is_good_for_its_purpose_and_time_only(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    token = token_in(outbox[0])

    assert (await confirm(client, outbox[0])).status_code == 400
    async with database.session() as session:
        await session.execute(update(OneTimeToken).values(expires_at=now()))
    body = {"token": token, "new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", **body)).status_code == 400


async def test_one_reset_voids_the_others(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    for _ in range(2):
        await post(client, "password-reset", email=owner.email)
    first, second = (token_in(mail) for mail in outbox)

    body = {"new_password": OTHER_PASSWORD}
    assert (await post(client, "password-reset/confirm", token=first, **body)).status_code == 204
    assert (await post(client, "password-reset/confirm", token=second, **body)).status_code == 400


async def test_a_token_that_was_mailed_is_not_stored(
    client: AsyncClient, database: Database, owner: Account, outbox: list[Mail]
) -> None:
    await post(client, "password-reset", email=owner.email)
    async with database.session() as session:
        rows = (await session.execute(select(*OneTimeToken.__mapper__.columns))).all()

    assert len(rows) == 1
    assert token_in(outbox[0]) not in str(rows)
