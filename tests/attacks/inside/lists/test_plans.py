"""The plans of a list's first and deepest page, where a tenant has very many rows."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.context import open_settings_database
from app.core.config import Settings
from app.core.http.pagination import Position, Sort
from app.crud import audit_events, items
from app.db.base import now
from app.db.session import Database
from tests.platform.support import Account

ROWS = {"items": 1_000_000, "audit_events": 200_000}
BATCH = 100_000
LIMIT = 51
# The deepest page may find its rows on other pages of the index and of the table.
MORE_BUFFERS = 16
BEGIN = now() - timedelta(days=365)
ROW = (
    "SELECT :tenant_id, CAST(lpad(to_hex(n), 32, '0') AS uuid),"
    " CAST(:begin AS timestamptz) + n * interval '1 second', {}"
    " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
)
INSERTS = {
    "items": "INSERT INTO items (tenant_id, id, created_at, created_by, name, description) "
    + ROW.format("CAST(:tenant_id AS uuid), lpad(CAST(n AS text), 7, '0'), ''"),
    "audit_events": "INSERT INTO audit_events"
    " (tenant_id, id, created_at, event, details, request_id_from_client) "
    + ROW.format("'sign_in', '{}', false"),
}


def at_time(row: int) -> Position:
    return Position(BEGIN + row * timedelta(seconds=1), UUID(int=0))


def at_name(row: int) -> Position:
    return Position(f"{row:07}", UUID(int=0))


@dataclass(frozen=True)
class List:
    """A list of a table, where a row of it is, and the row behind which its deepest page begins."""

    page: Callable[..., Awaitable[Any]]
    position: Callable[[int], Position]
    deepest: int


LISTS = {
    "items": [
        List(partial(items.list_page, sort=Sort("created_at")), at_time, ROWS["items"] - LIMIT),
        List(partial(items.list_page, sort=Sort("name")), at_name, ROWS["items"] - LIMIT),
        List(partial(items.list_page, sort=Sort("name", descending=True)), at_name, LIMIT + 1),
    ],
    "audit_events": [List(audit_events.list_page, at_time, LIMIT + 1)],
}


@dataclass(frozen=True)
class Cost:
    rows: int
    buffers: int


@pytest.fixture
async def patient(settings: Settings, database: Database) -> AsyncIterator[Database]:
    """The database, for statements that take longer than a request's."""
    patient = settings.model_copy(update={"database_command_timeout": 60})
    async with open_settings_database(patient) as opened:
        yield opened


@pytest.mark.parametrize("table", LISTS)
async def test_deep_pages_cost_what_the_first_does(
    patient: Database, owner: Account, table: str
) -> None:
    await fill(patient, owner.tenant_id, table)
    async with patient.session(tenant_id=owner.tenant_id) as session:
        for each in LISTS[table]:
            await assert_costs_the_same(session, each, ROWS[table])


async def assert_costs_the_same(session: AsyncSession, each: List, rows: int) -> None:
    found = await each.page(session, after=each.position(each.deepest), limit=LIMIT)
    first = await cost(session, each.page, after=None)
    # Half-way, a condition that no index answers would cost more than at the end.
    deep = [
        await cost(session, each.page, after=each.position(row))
        for row in (rows // 2, each.deepest)
    ]

    assert len(found) == LIMIT
    # One row more shows that what is alike ends there, where an index leaves out the id.
    assert first.rows <= LIMIT + 1
    assert max(page.rows for page in deep) <= first.rows + 1
    assert max(page.buffers for page in deep) <= first.buffers + MORE_BUFFERS


async def fill(database: Database, tenant_id: UUID, table: str) -> None:
    insert = text(INSERTS[table])
    for first in range(1, ROWS[table], BATCH):
        values = {"tenant_id": tenant_id, "begin": BEGIN, "first": first, "last": first + BATCH - 1}
        async with database.session(tenant_id=tenant_id) as session:
            await (await session.connection()).execute(insert, values)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"ANALYZE {table}"))


async def cost(
    session: AsyncSession, list_page: Callable[..., Awaitable[Any]], after: Position | None
) -> Cost:
    """Returns what the database does for a page, by its own account."""
    with watch() as seen:
        await list_page(session, after=after, limit=LIMIT)
    [(statement, values)] = seen
    connection = await session.connection()
    explained = await connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values
    )
    found = explained.scalar_one()
    [plan] = json.loads(found) if isinstance(found, str) else found
    top = plan["Plan"]
    return Cost(
        rows=max(rows_read(node) for node in nodes(top)),
        buffers=top["Shared Hit Blocks"] + top["Shared Read Blocks"],
    )


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


def rows_read(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])


@contextmanager
def watch() -> Iterator[list[tuple[str, Any]]]:
    """Collects statements as they go to the driver, with their values."""
    seen: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        seen.append((arguments[2], arguments[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
