from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState

from app.core.http.pagination import Position, WrongPositionError
from app.crud.keyset import fetch_page
from app.db.base import now
from app.db.session import Database
from service.support.notes import Note, note_tables
from tests.platform.support import Account


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


async def test_a_listener_of_a_team_is_told_of_lists(database: Database, owner: Account) -> None:
    """As it is of other statements, and the rows are the same."""
    told: list[ORMExecuteState] = []
    pages = []
    async with (
        note_tables(database.engine),
        database.session(tenant_id=owner.tenant_id) as session,
    ):
        session.add(Note(text="lamps"))
        for _ in range(2):
            page = await fetch_page(
                session, select(Note.text), Note.text, Note.id, after=None, limit=5
            )
            pages.append((page, len(told)))
            event.listen(session.sync_session, "do_orm_execute", told.append)

    assert pages == [([("lamps",)], 0), ([("lamps",)], 1)]
