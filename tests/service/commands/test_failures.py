"""How commands end when the database is away or refuses: one line, and no traceback."""

from pathlib import Path

import pytest

from app.__main__ import commands
from app.core.config import reload_settings
from app.extensions import extensions
from service.support.commands import run

pytestmark = pytest.mark.usefixtures("environment")
SECRET = "aVeryLongPassword"
# These serve, or need no database.
OTHERS = {"serve", "serve-worker", "version"}
ARGUMENTS = {
    "add-owner": ["--email", "ann@example.com", "--tenant", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"],
    "create-owner": ["--email", "ann@example.com"],
    "platform-admin": ["--email", "ann@example.com"],
    "revoke-sessions": ["--email", "ann@example.com"],
}
# Nobody listens on port 1.
AWAY = f"postgresql://shop:{SECRET}@127.0.0.1:1/shop"


def names() -> list[str]:
    """Returns the platform's commands; those of a team do what they do."""
    team = {function.__name__ for function in extensions.commands}
    functions = [each.callback for each in commands.registered_commands if each.callback]
    found = {each.__name__ for each in functions} - team
    return sorted({name.replace("_", "-") for name in found} - OTHERS)


def test_every_command_is_here() -> None:
    assert {"check", "cleanup", "seed", *ARGUMENTS} == set(names())


async def fail(monkeypatch: pytest.MonkeyPatch, url: str, command: str) -> str:
    """Returns the one line that it ends with."""
    monkeypatch.setenv("DATABASE_URL", url)
    reload_settings()
    result = await run(command, *ARGUMENTS.get(command, []))
    [line] = [line for line in result.stderr.splitlines() if not line.startswith("Rows")]

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert SECRET not in result.output
    return line


# `check` connects where another tool makes the tables: tests of those services have it.
@pytest.mark.parametrize("command", sorted({*names()} - {"check"}))
async def test_a_database_that_is_away_is_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await fail(monkeypatch, AWAY, command)

    assert "No connection to the database: " in line
    assert "127.0.0.1" in line


@pytest.mark.parametrize("command", sorted({*names()} - {"check"}))
async def test_a_database_without_tables_is_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = await fail(monkeypatch, f"sqlite:///{tmp_path}/empty.db", command)

    assert "The database lacks a table or column of this release: no such table: " in line


async def test_a_database_that_is_no_database_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "text.db").write_text("No database, and long enough to be taken for one." * 20)
    line = await fail(monkeypatch, f"sqlite:///{tmp_path}/text.db", "create-owner")

    assert line == "The database refuses: file is not a database"
