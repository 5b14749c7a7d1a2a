"""The walk of tests/platform/test_bounds.py finds what it is for."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.core.config import Settings
from app.main import create_app
from app.schemas.base import Schema
from tests.platform.test_bounds import unbounded


class Line(BaseModel):
    text: str


class Order(Schema):
    note: str
    tags: list[str]
    codes: Annotated[list[str], Field(max_length=10)]
    lines: Annotated[list[Line], Field(max_length=10)]


def test_the_walk_names_what_has_none(settings: Settings) -> None:
    app = create_app(settings)

    @app.post("/orders")
    async def make_order(data: Order) -> None: ...

    @app.post("/notes")
    async def make_note(data: dict[str, int]) -> None: ...

    found = [line.split(": inherit")[0] for line in unbounded(app)]
    assert sorted(found) == [
        "POST /notes: data",
        "POST /notes: data",
        "POST /orders: data.lines.text",
        "POST /orders: data.tags",
    ]
