"""Commands whose PostgreSQL is away or refuses: one line that says so, and no traceback."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.own_postgres import OwnPostgres
from tests.support.processes import app
from tests.support.rendering import Combination, clean_environment
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, NOTHING, Services

OWNER = app("create-owner", "--email", "ann@example.com")
COMMANDS = {
    "migrate": (EVERYTHING, [".venv/bin/alembic", "upgrade", "heads"]),
    "migration": (EVERYTHING, [".venv/bin/alembic", "revision", "--autogenerate", "-m", "x"]),
    "create-owner": (EVERYTHING, OWNER),
    "cleanup": (EVERYTHING, app("cleanup")),
    "seed": (EVERYTHING, app("seed", "--rows", "1")),
    "tables": (NOTHING, [".venv/bin/python", "-m", "scripts.create_tables"]),
    "check": (NOTHING, app("check")),
}
SECRET = "Kw7XqZt9Rm"
each_command = pytest.mark.parametrize("command", COMMANDS)


def fail(services: Services, command: str, url: str) -> str:
    """Return the line that it ends with."""
    combination, words = COMMANDS[command]
    done = run(services, combination, words, url)
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("INFO", "Rows"))]

    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    # Alembic's commands print their last line to the other side.
    [line] = lines or done.stdout.splitlines()[-1:]
    return line


def run(
    services: Services, combination: Combination, words: list[str], url: str
) -> "subprocess.CompletedProcess[str]":
    service: Path = services.installed(combination.answers)
    environment = clean_environment() | {"DATABASE_URL": url, "DATABASE_CONNECT_TIMEOUT": "1"}
    return subprocess.run(
        words, cwd=service, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@each_command
def test_a_server_that_is_away(services: Services, command: str) -> None:
    """Nobody listens on port 1."""
    line = fail(services, command, f"postgresql://shop:{SECRET}@127.0.0.1:1/shop")

    assert "No connection to the database: " in line
    assert "127.0.0.1" in line


@each_command
def test_a_password_that_is_another_one(
    services: Services, postgres: Postgres, command: str
) -> None:
    url = urlsplit(postgres.create_database())
    netloc = f"{url.username}:{SECRET}@{url.hostname}:{url.port}"
    line = fail(services, command, url._replace(netloc=netloc).geturl())

    assert "No connection to the database: password authentication failed" in line


@pytest.mark.parametrize("command", ["migrate", "create-owner"])
def test_a_server_that_hangs(services: Services, server: OwnPostgres, command: str) -> None:
    """One that changes the schema, and one that does not: they connect in two ways."""
    url = Postgres(server.url).create_database()
    with server.frozen():
        line = fail(services, command, url)

    assert "No connection to the database: it does not respond in time" in line


@pytest.mark.parametrize("command", ["migrate", "tables"])
def test_a_server_that_takes_no_changes(
    services: Services, postgres: Postgres, command: str
) -> None:
    url = postgres.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("ALTER ROLE current_user SET default_transaction_read_only = on")

    assert "The database refuses: cannot execute CREATE TABLE" in fail(services, command, url)


@pytest.mark.parametrize("command", ["create-owner", "cleanup", "seed"])
def test_a_database_without_tables(services: Services, postgres: Postgres, command: str) -> None:
    line = fail(services, command, postgres.create_database())

    assert "The database lacks a table or column of this release: relation " in line
