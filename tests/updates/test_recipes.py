"""The recipes of the service's docs for another answer, followed to the letter."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.releases import Releases, conflicts
from tests.support.rendering import NEWEST, UV, commit, git, install, run
from tests.support.services import NOTHING
from tests.support.team_edits import CREATE_OWNER, query

PATH = f"{UV.parent}{os.pathsep}{os.environ['PATH']}"
BOTH = "use_alembic={0} --data use_redis={0}"


def follow(service: Path, doc: str, containing: str, **placeholders: str) -> str:
    """Run the commands of the one block that contains these words."""
    text = (service / "docs" / doc).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if containing in block]
    for name, value in placeholders.items():
        block = block.replace(name, value)
    return run(service, "bash", "-euc", block, PATH=PATH)


def test_options_are_turned_on_later_and_off_again(releases: Releases, tmp_path: Path) -> None:
    service = install(releases.born(NOTHING.answers, NEWEST, tmp_path / "service"))
    run(service, "make", "tables")
    run(service, *CREATE_OWNER)
    owners = query(service, "SELECT email FROM users")
    commit(service, "Serve")
    before = set(git(service, "ls-files").split())

    said = follow(service, "updating.md", "NAME=VALUE", **{"NAME=VALUE": BOTH.format("true")})
    assert "REDIS_URL" in said.partition("Added to .env")[2]
    follow(service, "schema.md", "empty.db")
    assert conflicts(service) == []
    assert not list(service.rglob("empty.db*"))
    assert query(service, "SELECT email FROM users") == owners
    run(service, ".venv/bin/alembic", "check")
    run(service, ".venv/bin/pytest", "tests/platform")
    commit(service, "Let migrations keep the schema")
    [own] = service.glob("app/db/migrations/service/*the_tables_that_are_there*.py")

    follow(service, "updating.md", "NAME=VALUE", **{"NAME=VALUE": BOTH.format("false")})
    assert conflicts(service) == []
    git(service, "add", "--all")
    assert set(git(service, "ls-files").split()) - before == {own.relative_to(service).as_posix()}
    with closing(sqlite3.connect(service / "data.db")) as database, database:
        database.execute("DROP TABLE alembic_version")
    own.unlink()
    run(service, ".venv/bin/pytest", "tests/platform")
