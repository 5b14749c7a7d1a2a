"""Fixtures. The database is a SQLite file, or TEST_DATABASE_URL: every table there is dropped."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import TypeAdapter
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.context import open_settings_database
from app.core.config import Settings
from app.core.credentials.jwt import AccessClaims
from app.core.settings.database import DatabaseUrl
from app.db import models  # noqa: F401 - fills the metadata
from app.db.base import Base
from app.db.engine import create_plain_engine
from app.db.session import Database
from app.lifespan import make_codec
from app.main import create_app
from app.services.mailer import ConsoleMailer, Mail
from tests.platform.support import Account, SignIn, make_account, running, started
from tests.platform.walker import Walker
from tests.samples import samples

Result = TypeVar("Result")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "TEST_DATABASE_URL" not in os.environ:
        terminalreporter.write_line("NOT checked on PostgreSQL: set TEST_DATABASE_URL", yellow=True)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """Keeps what is set on this machine from deciding a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database that has the tables and no rows."""
    url = (
        os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tmp_path_factory.mktemp('db')}/test.db"
    )
    url = TypeAdapter(DatabaseUrl).validate_python(url)
    work_on(url, make_tables)
    return url


def work_on(url: str, work: Callable[[Connection], Result]) -> Result:
    """Returns what comes of work on a database, in one transaction."""

    async def connect() -> Result:
        async with create_plain_engine(url).begin() as connection:
            return await connection.run_sync(work)

    return asyncio.run(connect())


def make_tables(connection: Connection) -> None:
    drop_tables(connection)
    Base.metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        # Fixtures empty tables, and nothing else does.
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER append_only_truncate"))


def drop_tables(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)


async def empty_tables(engine: AsyncEngine) -> None:
    """Deletes every row, those under a policy too: a DELETE without a tenant would see none."""
    tables = Base.metadata.sorted_tables
    names = ", ".join(table.name for table in tables)
    statements = {
        "postgresql": [text(f"TRUNCATE {names}")],
        "sqlite": [table.delete() for table in reversed(tables)],
    }
    async with engine.begin() as connection:
        for statement in statements[engine.dialect.name]:
            await connection.execute(statement)


@pytest.fixture(scope="session")
def variables(database_url: str) -> dict[str, str]:
    """The environment of the tests. What is not in it has its default, whatever .env says."""
    required = [name for name, field in Settings.model_fields.items() if field.is_required()]
    return {
        **{name.upper(): secrets.token_urlsafe(48) for name in required if "_secret" in name},
        **samples.settings,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        # A suite sends more requests than any client should: tests of limits turn them on.
        "RATE_LIMIT_ENABLED": "false",
        "WEBSOCKETS_ENABLED": "true",  # for the walks
    }


@pytest.fixture(scope="session")
def settings(variables: dict[str, str]) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        return Settings(_env_file=None)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The test's own way into the database, which is emptied afterwards."""
    async with open_settings_database(settings) as database:
        yield database
        await empty_tables(database.engine)


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """The service, made once for all tests: one that adds a route to it makes its own."""
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[AsyncClient]:
    """A client of the running service that is not signed in."""
    async with running(app) as client:
        yield client


@pytest.fixture
async def walker(app: FastAPI, database: Database, settings: Settings) -> AsyncIterator[Walker]:
    async with started(app) as server:
        yield Walker(app, server, settings)


@pytest.fixture
async def owner(database: Database) -> Account:
    return await make_account(database)


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    """The mails that were sent, in place of the log that they go to here."""
    sent: list[Mail] = []

    async def send(_: ConsoleMailer, mail: Mail) -> None:
        sent.append(mail)

    monkeypatch.setattr(ConsoleMailer, "send", send)
    return sent


@pytest.fixture
def sign_in(settings: Settings) -> SignIn:
    """A function that returns the headers of a signed-in account."""
    codec = make_codec(settings)

    def headers_of(account: Account) -> dict[str, str]:
        claims = AccessClaims(
            user_id=account.user_id, session_id=account.session_id, tenant_id=account.tenant_id
        )
        return {"Authorization": f"Bearer {codec.issue(claims)}"}

    return headers_of
