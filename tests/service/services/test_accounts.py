"""What the answers of registration and reset do not tell, and what nobody is flooded with."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import event, update
from sqlalchemy.orm import Session
from starlette.types import Message

from app.core.config import Settings
from app.core.credentials.password_policy import NewPasswords
from app.db.base import now
from app.db.models.user import User
from app.db.session import Database
from app.main import create_app
from app.services.mailer import Mail
from service.support.asgi import call
from service.support.mailed import NEW, post, register
from service.support.watching import watch_statements
from tests.platform.support import PASSWORD, Account, running


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


async def test_nobody_is_flooded_with_mails(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    answers = [await post(client, "password-reset", email=owner.email) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {202}
    assert len(outbox) == 3


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
