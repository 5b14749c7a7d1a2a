"""What readiness and `check` say where another tool makes the tables."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient
from loguru import logger
from sqlalchemy import Column, Computed, Integer, Table, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.db.base import Base
from app.db.engine import create_plain_engine
from app.db.session import Database
from app.db.tables import MissingTablesError, TablesCheck, find_missing
from service.support.commands import run

NEXT = Computed("id + 1", persisted=True)
LACKING = ["The database has no column extra.later", "The database has no table other"]


@pytest.fixture
async def half_made(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Two more tables in the models: one lacks a column in the database, one is not there."""
    Table("extra", Base.metadata, Column("id", Integer), Column("later", Integer))
    Table("other", Base.metadata, Column("id", Integer))
    engine = create_plain_engine(settings.schema_url)
    await execute(engine, "CREATE TABLE extra (id INTEGER, unknown INTEGER)")
    try:
        yield
    finally:
        for name in ("extra", "other"):
            Base.metadata.remove(Base.metadata.tables[name])
        await execute(engine, "DROP TABLE extra")


async def execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_whole_database_lacks_nothing(database: Database) -> None:
    assert await find_missing(database.engine) == []


@pytest.mark.usefixtures("half_made")
async def test_missing_tables_and_columns_are_named(database: Database) -> None:
    assert sorted(await find_missing(database.engine)) == LACKING
    with pytest.raises(MissingTablesError, match=r"extra\.later; .* other|other; .*extra\.later"):
        await TablesCheck(database.engine).ping()


async def test_a_generated_column_is_found(database: Database, settings: Settings) -> None:
    table = Table("made", Base.metadata, Column("id", Integer), Column("next", Integer, NEXT))
    engine = create_plain_engine(settings.schema_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(table.create)
        assert await find_missing(database.engine) == []
    finally:
        await execute(engine, "DROP TABLE made")
        Base.metadata.remove(table)


async def test_an_empty_database_lacks_every_table(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*Base.metadata.tables]:
        table = Base.metadata.tables[name]
        monkeypatch.setattr(table, "name", f"gone_{name}")
        monkeypatch.setattr(table, "fullname", f"gone_{name}")

    assert await find_missing(database.engine) == [
        f"The database has no table {table.name}" for table in Base.metadata.sorted_tables
    ]


@pytest.mark.usefixtures("half_made")
async def test_readiness_fails_and_the_log_says_why(client: AsyncClient) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message} {extra}")
    response = await client.get("/health/ready")
    logger.remove(sink)

    assert response.status_code == 503
    assert response.json()["checks"]["tables"] == "failed"
    [line] = [line for line in lines if "MissingTablesError" in line]
    assert all(sentence in line for sentence in LACKING)


@pytest.mark.usefixtures("environment", "half_made")
async def test_check_names_each() -> None:
    result = await run("check")

    assert result.exit_code == 1
    assert sorted(result.stderr.splitlines()) == LACKING
    assert result.stdout == ""


async def test_the_check_costs_one_statement(database: Database) -> None:
    statements: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _, __, statement, *___: statements.append(statement),
    )
    await TablesCheck(database.engine).ping()

    assert len([each for each in statements if "BEGIN" not in each]) == 1


async def test_a_table_that_is_being_changed_does_not_hold_it_up(
    database: Database, settings: Settings
) -> None:
    locks = {
        "postgresql": "LOCK TABLE users IN ACCESS EXCLUSIVE MODE",
        "sqlite": "BEGIN EXCLUSIVE",
    }
    await TablesCheck(database.engine).ping()  # connected
    engine = create_plain_engine(settings.schema_url)
    async with engine.connect() as connection, asyncio.timeout(5):
        await connection.execute(text(locks[engine.dialect.name]))
        await TablesCheck(database.engine).ping()
