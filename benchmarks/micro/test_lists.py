"""A page of a list: from what the database has returned to the bytes of the response."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from app.api.rows import as_dicts
from app.schemas.item import ItemRead
from app.schemas.page import Page

PAGE = Page[ItemRead]
COLUMNS = {
    "id": UUID(int=1),
    "etag": "1",
    "name": "Lamp",
    "description": "A lamp for the desk",
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    "created_by": UUID(int=2),
    "updated_at": None,
}
_RESULT: IteratorResult[Any] = IteratorResult(
    SimpleResultMetaData([*COLUMNS]), iter([(*COLUMNS.values(),)] * 50)
)
ROWS = _RESULT.all()


def write(rows: Sequence[Any]) -> str:
    return PAGE.model_validate({"items": as_dicts(rows, PAGE), "next": None}).model_dump_json()


def test_a_page_of_50(benchmark: BenchmarkFixture) -> None:
    items = json.loads(benchmark(write, ROWS))["items"]

    assert len(items) == 50
    assert items[0]["name"] == "Lamp"
