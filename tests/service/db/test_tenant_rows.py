"""What is read of a tenant below the session, and what is left to the session."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import exists, func, literal_column, select, text
from sqlalchemy.orm import aliased

from app.db.models.user import User
from app.db.session import Database
from app.db.tenancy import IsolationError, TenantNotSetError
from app.db.tenant_rows import TenantSelect
from service.support.notes import NOTES, Comment, Note, note_tables
from tests.platform.support import make_account

TEXTS = TenantSelect(select(func.lower(Note.text)).order_by(Note.id))
# All of a table of tenants, and what else a statement may read along with it.
OTHER: dict[str, Any] = {
    "objects": select(Note),
    "another table": select(User.id),
    "join": select(Note.text).join(User, User.id == Note.id),
    "two tables": select(Note.text, Comment.id),
    "alias": select(aliased(Note).text),
    "self-join": select(Note.text).where(Note.id == aliased(Note).id),
    "exists": select(Note.text).where(exists().where(Comment.note_id == Note.id)),
    "in": select(Note.text).where(Note.id.in_(select(Comment.note_id))),
    "scalar": select(Note.text, select(func.count(Comment.id)).scalar_subquery()),
    "subquery": select(select(Note.text).subquery()),
    "cte": select(select(Note.text).cte()),
    "text": select(Note.text).where(text("id IN (SELECT note_id FROM test_comments)")),
    "literal": select(Note.text, literal_column("(SELECT count(*) FROM test_comments)")),
    "function of rows": select(Note.text, func.json_each(Note.text).table_valued("value")),
}


@pytest.fixture
async def tables(database: Database) -> AsyncIterator[None]:
    async with note_tables(database.engine):
        yield


@pytest.mark.parametrize("statement", OTHER.values(), ids=OTHER)
def test_a_select_without_its_tenant_is_refused(statement: Any) -> None:
    with pytest.raises(IsolationError):
        TenantSelect(statement)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("statement", [TEXTS, TenantSelect(select(NOTES.c.text))])
async def test_a_tenant_reads_its_rows(database: Database, statement: TenantSelect) -> None:
    ours = await make_account(database)
    theirs = await make_account(database, email="eve@example.com")
    for account, words in ((ours, "ours"), (theirs, "theirs")):
        async with database.session(tenant_id=account.tenant_id) as session:
            session.add(Note(text=words))
            # What the session has not written yet is read all the same.
            assert await statement.read(session, {}) == [(words,)]

    async with database.session(tenant_id=ours.tenant_id) as session:
        assert await statement.read(session, {"tenant_id": theirs.tenant_id}) == [("ours",)]


@pytest.mark.usefixtures("tables")
async def test_without_a_tenant_nothing_is_read(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(TenantNotSetError):
            await TEXTS.read(session, {})
