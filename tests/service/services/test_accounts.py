"""What responses of registration and reset do not tell, and how mails are limited."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
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

PATHS = ["register", "password-reset", "verify-email"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_address_takes_the_same_statements(
    client: AsyncClient, database: Database, outbox: list[Mail], path: str
) -> None:
    """So that neither the time of a response tells who has an account, nor a database that is away."""
    body = {"password": PASSWORD} if path == "register" else {}
    for email, column in [("new", "verified_at"), ("off", "disabled_at"), ("open", None)]:
        await register(client, f"{email}@example.com")
        if column:
            change = update(User).where(User.email == f"{email}@example.com")
            async with database.session() as session:
                await session.execute(change.values({column: now()}))
    statements = []
    for email in ("unknown", "new", "off", "open"):
        with watch_statements() as seen:
            response = await post(client, path, email=f"{email}@example.com", **body)
        assert response.status_code == 202
        statements.append([without_names(each) for each in seen])

    assert len(statements[0]) > 3
    assert statements == [statements[0]] * 4


def without_names(statement: str) -> str:
    """A savepoint that is rolled back costs what one that is released does."""
    return re.sub(r"sa_savepoint_\d+", "", statement).replace("ROLLBACK TO", "RELEASE")


async def test_rows_are_written_before_the_response(
    app: FastAPI, database: Database, outbox: list[Mail]
) -> None:
    """And the mail is sent behind it: signing in right after registering works."""
    found: list[tuple[int, int]] = []
    async with app.router.lifespan_context(app) as state:

        async def note(message: Message) -> None:
            if message["type"] == "http.response.body":
                async with database.session(writes=False) as session:
                    users = await session.scalar(select(func.count()).select_from(User))
                found.append((users or 0, len(outbox)))

        body = {"email": NEW, "password": PASSWORD}
        await call(app, state, "/api/v1/auth/register", body, note)

    assert found == [(1, 0)]
    assert len(outbox) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_database_that_is_away_is_503_for_everyone(
    client: AsyncClient, owner: Account, outbox: list[Mail], path: str
) -> None:
    body = {"password": PASSWORD} if path == "register" else {}
    for email in (owner.email, NEW):
        with database_away():
            response = await post(client, path, email=email, **body)
        assert response.status_code == 503
    assert outbox == []


@contextmanager
def database_away() -> Iterator[None]:
    def fail(*_: object) -> None:
        raise OperationalError(None, None, ConnectionRefusedError())

    event.listen(Pool, "checkout", fail)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", fail)


@pytest.mark.parametrize("path", PATHS)
async def test_the_response_does_not_tell_who_has_an_account(
    client: AsyncClient, owner: Account, outbox: list[Mail], path: str
) -> None:
    """Bodies, headers and hashes alike; only the reader of the mail learns more."""
    body = {"password": PASSWORD} if path == "register" else {}
    known = await post(client, path, email=owner.email, **body)
    unknown = await post(client, path, email=NEW, **body)

    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content == b""
    assert set(known.headers) == set(unknown.headers)


async def test_registering_costs_one_hash_for_every_address(
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
        responses = [await register(client, email) for email in emails]

    assert [response.status_code for response in responses] == [202, 202, 429]


async def test_mails_to_one_address_are_limited(
    client: AsyncClient, owner: Account, outbox: list[Mail]
) -> None:
    responses = [await post(client, "password-reset", email=owner.email) for _ in range(6)]

    assert {response.status_code for response in responses} == {202}
    assert len(outbox) == 3


async def test_a_disabled_user_gets_no_mail(
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
