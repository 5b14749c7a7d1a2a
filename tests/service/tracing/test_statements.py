import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer, use_span
from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.engine import create_plain_engine
from app.tracing.statements import MAX_TEXT, describe, statements_traced

SECRET = "Zp3kVd0Rw9sXq7Lm"


@pytest.fixture
async def engine(tmp_path: object) -> AsyncIterator[AsyncEngine]:
    engine = create_plain_engine(f"sqlite+aiosqlite:///{tmp_path}/data.db")
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("SELECT a FROM items WHERE b = $1", "SELECT items"),
        ("INSERT INTO items (a) VALUES ($1)", "INSERT items"),
        ("UPDATE items SET a = $1", "UPDATE items"),
        ("delete from items", "DELETE items"),
        ("WITH found AS (SELECT a FROM items) SELECT a FROM found", "WITH items"),
        ("SELECT 1", "SELECT"),
        ("", "postgresql"),
    ],
)
def test_a_span_is_named_by_operation_and_table(statement: str, name: str) -> None:
    assert describe("postgresql", statement)[0] == name


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT a FROM b1 WHERE c = $1", "SELECT a FROM b1 WHERE c = $1"),
        (f"SELECT '{SECRET}'", "SELECT ?"),
        (f"SELECT 'it''s {SECRET}', 12.5, x1", "SELECT ?, ?, x1"),
        (f"SELECT E'it\\'s {SECRET}'", None),
        (f"SELECT $tag$it's {SECRET}$tag$", None),
        (f"SELECT $${SECRET}$$", None),
        (f"SELECT a -- it's {SECRET}", None),
        (f"SELECT a /* {SECRET} */", None),
        (f"SELECT '{SECRET}", None),
    ],
)
def test_no_value_in_a_statement_is_shown(statement: str, shown: str | None) -> None:
    assert describe("postgresql", statement)[1].get("db.query.text") == shown


def test_a_long_statement_is_cut() -> None:
    assert len(describe("postgresql", "SELECT " + "a, " * MAX_TEXT)[1]["db.query.text"]) == MAX_TEXT


async def test_statements_of_a_recorded_request_have_spans(
    engine: AsyncEngine, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with statements_traced(tracer), use_span(parent):
        # An engine with options has listeners of its own.
        async with engine.execution_options(writes=True).begin() as connection:
            await connection.execute(text("SELECT :a"), {"a": SECRET})

    [span] = exported.get_finished_spans()
    assert (span.name, span.parent) == ("SELECT", parent.get_span_context())
    assert SECRET not in span.to_json()


async def test_other_statements_have_none(
    engine: AsyncEngine, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with statements_traced(tracer):
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
    with use_span(tracer.start_span("request")):
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 2"))

    assert exported.get_finished_spans() == ()


async def test_a_statement_that_fails_ends_its_span(
    engine: AsyncEngine, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with statements_traced(tracer), use_span(tracer.start_span("request")), suppress(DBAPIError):
        async with engine.begin() as connection:
            await connection.execute(text("SELECT :a FROM nothing"), {"a": SECRET})

    [span] = exported.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "OperationalError"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert span.events == ()


async def test_a_statement_that_is_cancelled_ends_its_span(
    engine: AsyncEngine, tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    endless = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT :limit)"
        " SELECT max(i) FROM n"
    ).bindparams(bindparam("limit", 3_000_000))

    async def run() -> None:
        async with engine.connect() as connection:
            await connection.execute(endless)

    with statements_traced(tracer), use_span(tracer.start_span("request")):
        running = asyncio.create_task(run())
        await asyncio.sleep(0.1)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    [span] = exported.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "CancelledError"
