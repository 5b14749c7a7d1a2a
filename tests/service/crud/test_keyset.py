from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.http.pagination import Position, WrongPositionError
from app.crud.keyset import fetch_page
from app.db.base import now
from app.db.session import Database
from service.support.notes import Note


@pytest.mark.parametrize(
    ("column", "value"), [(Note.text, now()), (Note.created_at, "a"), (Note.text, 1)]
)
async def test_a_position_of_another_order_is_refused(
    database: Database, column: Any, value: Any
) -> None:
    """SQLite would compare the two all the same, and show the first page for ever."""
    after = Position(value, uuid4())
    async with database.session() as session:
        with pytest.raises(WrongPositionError):
            await fetch_page(session, select(Note), column, Note.id, after=after, limit=1)
