from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.http.pagination import Position, WrongPositionError
from app.crud.keyset import page
from app.db.base import now
from service.support.notes import Note


@pytest.mark.parametrize(
    ("column", "value"), [(Note.text, now()), (Note.created_at, "a"), (Note.text, 1)]
)
def test_a_position_of_another_order_is_refused(column: Any, value: Any) -> None:
    """SQLite would compare the two all the same, and show the first page for ever."""
    with pytest.raises(WrongPositionError):
        page(select(Note), column, Note.id, after=Position(value, uuid4()), limit=1)
