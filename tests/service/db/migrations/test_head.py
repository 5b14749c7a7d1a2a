from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.migrations.head import FOLDERS, DatabaseBehindError, HeadCheck
from app.db.migrations.revisions import RevisionGraph, read_revisions
from app.db.session import Database

ROOT = Path.cwd()
OWN = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
HEADS = OWN.get_heads(consider_depends_on=True)
# Of the platform: p1 to p3. Of the service: s1 to s4, the last one written at p2.
REVISIONS: dict[str, tuple[str | None, str | None]] = {
    "p1": (None, None),
    "p2": ("p1", None),
    "p3": ("p2", None),
    "s1": (None, "p1"),
    "s2": ("s1", "p1"),
    "s3": ("s2", "p2"),
    "s4": ("s3", "p2"),
}


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    versions = tmp_path / "versions"
    versions.mkdir()
    for name, (down_revision, depends_on) in REVISIONS.items():
        lines = [
            f"revision = {name!r}",
            f"down_revision = {down_revision!r}",
            f"depends_on = {depends_on!r}",
        ]
        (versions / f"{name}.py").write_text("\n".join(lines))
    return versions


def ancestors(script: ScriptDirectory, name: str) -> set[str]:
    return {each.revision for each in script.iterate_revisions(name, "base")}


def agree(script: ScriptDirectory, *folders: Path) -> None:
    """Checks what is read without Alembic against Alembic, for each revision as a database's row."""
    graph = RevisionGraph(read_revisions(*folders))
    names = [each.revision for each in script.walk_revisions()]
    assert names
    for name in names:
        assert graph.missing({name}) == set(script.get_heads()) - ancestors(script, name)
    assert graph.missing(set()) == set(script.get_heads())


def test_the_files_say_what_alembic_reads(versions: Path) -> None:
    agree(OWN, *FOLDERS)
    agree(ScriptDirectory(str(versions.parent)), versions)


def test_annotated_names_and_several_parents_are_read(versions: Path) -> None:
    lines = ["revision: str = 's5'", "down_revision = ('s4',)", "depends_on: list = ['p3', 'p2']"]
    (versions / "s5.py").write_text("\n".join(lines))
    (versions / "__init__.py").touch()

    agree(ScriptDirectory(str(versions.parent)), versions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("revision = name()\ndown_revision = None", "as literals"),
        ("down_revision = None", "has no 'revision'"),
        ("revision = 'x'\ndown_revision = None\ndepends_on = 'platform@head'", "whole ids"),
    ],
    ids=["computed", "nameless", "relative"],
)
def test_an_unreadable_revision_file_is_refused(versions: Path, text: str, message: str) -> None:
    (versions / "odd.py").write_text(text)

    with pytest.raises(ValueError, match=message):
        RevisionGraph(read_revisions(versions))


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([], {"p3", "s4"}),
        (["p1"], {"p3", "s4"}),
        (["p3"], {"s4"}),
        (["s2"], {"p3", "s4"}),
        (["p3", "s2"], {"s4"}),
        # At p2, which has no row: s4 depends on it.
        (["s4"], {"p3"}),
        (["p2", "s4"], {"p3"}),
        (["p3", "s4"], set()),
        # Newer than the code: one branch, the other one, and both by one row.
        (["new", "s4"], set()),
        (["p3", "new"], set()),
        (["new"], set()),
        # Newer on one branch and behind on the other, as the row that the code knows tells.
        (["new", "s3"], {"s4"}),
        (["p2", "new"], {"p3", "s4"}),
    ],
    ids=lambda value: "+".join(sorted(value)) or "none",
)
def test_missing_revisions_are_named(versions: Path, rows: list[str], missing: set[str]) -> None:
    assert RevisionGraph(read_revisions(versions)).missing(set(rows)) == missing


@asynccontextmanager
async def at(database: Database, *revisions: str) -> AsyncIterator[None]:
    """Lets a database say that it is at these revisions."""
    async with database.session() as session:
        await session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    try:
        await add(database, *revisions)
        yield
    finally:
        async with database.session() as session:
            await session.execute(text("DROP TABLE alembic_version"))


async def add(database: Database, *revisions: str) -> None:
    async with database.session() as session:
        for revision in revisions:
            statement = text("INSERT INTO alembic_version VALUES (:revision)")
            await session.execute(statement, {"revision": revision})


async def test_at_the_newest_revisions_it_passes(database: Database) -> None:
    async with at(database, *HEADS):
        await HeadCheck(database.engine).ping()


async def test_ahead_it_passes(database: Database) -> None:
    """The old release goes on serving while the new one, which has migrated, rolls out."""
    async with at(database, "a_revision_of_the_next_release"):
        await HeadCheck(database.engine).ping()


@pytest.mark.parametrize("revisions", [[], ["platform_0001"]])
async def test_behind_it_fails(database: Database, revisions: list[str]) -> None:
    async with at(database, *revisions):
        with pytest.raises(DatabaseBehindError, match="run the migrations"):
            await HeadCheck(database.engine).ping()


async def test_without_any_migration_it_fails(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await HeadCheck(database.engine).ping()


async def test_a_passed_check_is_remembered_for_a_while(database: Database) -> None:
    remembering, forgetful = HeadCheck(database.engine), HeadCheck(database.engine, cache_seconds=0)
    async with at(database, *HEADS):
        await remembering.ping()
        await forgetful.ping()

    await remembering.ping()
    with pytest.raises(DBAPIError):
        await forgetful.ping()


async def test_a_failed_check_is_not_remembered(database: Database) -> None:
    check = HeadCheck(database.engine)
    async with at(database):
        with pytest.raises(DatabaseBehindError):
            await check.ping()
        await add(database, *HEADS)

        await check.ping()


def test_sql_without_a_database_is_refused() -> None:
    with pytest.raises(SystemExit, match="run against a database"):
        command.upgrade(Config(ROOT / "alembic.ini"), "heads", sql=True)
