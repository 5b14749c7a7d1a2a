"""Sessions keep to the rows of their tenant, on any database."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from sqlalchemy import (
    Executable,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.tenant import Tenant
from app.db.session import Database, enter_tenant
from app.db.tenancy import IsolationError, TenantNotSetError, bind_tenant
from service.support.notes import NOTES, Comment, Note, note_tables
from tests.platform.support import Account, make_account


@pytest.fixture(autouse=True)
async def tables(database: Database) -> AsyncIterator[None]:
    async with note_tables(database.engine):
        yield


@pytest.fixture
async def ours(database: Database, owner: Account) -> Note:
    return await write_note(database, owner, "ours")


@pytest.fixture
async def theirs(database: Database) -> Note:
    other = await make_account(database, email="bob@example.com")
    return await write_note(database, other, "theirs")


async def write_note(database: Database, account: Account, words: str) -> Note:
    async with database.session(tenant_id=account.tenant_id) as session:
        note = Note(text=words)
        session.add(note)
    return note


async def read_notes(database: Database, *notes: Note) -> list[list[str]]:
    """Returns what the tenant of each note reads."""
    found = []
    for note in notes:
        async with database.session(tenant_id=note.tenant_id) as session:
            found.append(list(await session.scalars(select(Note.text))))
    return found


async def test_a_session_sees_the_rows_of_its_tenant(
    database: Database, ours: Note, theirs: Note
) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        seen = (await session.scalars(select(Note))).all()
        by_key = await session.get(Note, (theirs.tenant_id, theirs.id))

    assert [note.text for note in seen] == ["ours"]
    assert by_key is None


async def test_updates_and_deletes_stay_in_the_tenant(
    database: Database, ours: Note, theirs: Note
) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        await session.execute(update(Note).values(text="changed"))
    assert await read_notes(database, ours, theirs) == [["changed"], ["theirs"]]

    async with database.session(tenant_id=ours.tenant_id) as session:
        await session.execute(delete(Note))
    assert await read_notes(database, ours, theirs) == [[], ["theirs"]]


async def test_a_relationship_leads_to_no_other_tenant(
    database: Database, ours: Note, theirs: Note
) -> None:
    """Not even from an object that was never selected, and has no criterion to hand on."""
    async with database.session(tenant_id=ours.tenant_id) as session:
        comment = Comment(note_id=ours.id, other_id=theirs.id)
        session.add(comment)
        await session.flush()

        assert await session.run_sync(lambda _: comment.other) is None


async def test_without_a_tenant_nothing_is_seen(database: Database, ours: Note) -> None:
    async with database.session() as session:
        for statement in (select(Note), select(Note.text), update(Note).values(text="")):
            with pytest.raises(TenantNotSetError):
                await session.execute(statement)
        having_notes = select(Tenant.id).where(exists().where(Note.tenant_id == Tenant.id))
        assert list(await session.scalars(having_notes)) == []


NEW = {"id": uuid4(), "text": "new"}
REFUSED = {
    "text": text("SELECT * FROM test_notes"),
    "text of columns": text("SELECT id FROM Test_Notes").columns(Note.id),
    "text as rows": select(Note).from_statement(text("SELECT * FROM test_notes")),
    "text as rows of another table": select(Tenant).from_statement(
        text("SELECT tenants.* FROM tenants JOIN test_notes ON tenant_id = tenants.id")
    ),
    "literal column": select(literal_column("(SELECT count(*) FROM test_notes)")),
    "core select": select(NOTES),
    "core count": select(func.count()).select_from(NOTES),
    "core update": update(NOTES).values(text=""),
    "core delete": delete(NOTES),
    "core insert": insert(NOTES).values(NEW),
    "insert": insert(Note).values(NEW),
    "insert from select": insert(Note).from_select(["id", "text"], select(Note.id, Note.text)),
    "change of tenant": update(Note).values(tenant_id=uuid4()),
    "change of tenant by column": update(Note).values({Note.tenant_id: uuid4()}),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
async def test_statements_without_a_tenant_filter_are_refused(
    database: Database, ours: Note, statement: Executable
) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        with pytest.raises(IsolationError):
            await session.execute(statement)


async def test_values_that_come_with_the_call_are_refused_too(
    database: Database, ours: Note, theirs: Note
) -> None:
    stolen = {"tenant_id": theirs.tenant_id, "id": theirs.id, "text": "stolen"}
    async with database.session(tenant_id=ours.tenant_id) as session:
        with pytest.raises(IsolationError):
            await session.execute(update(Note), [stolen])
        with pytest.raises(IsolationError):
            await session.execute(insert(Note), [NEW])
        with pytest.raises(IsolationError):
            await session.execute(update(Note).where(Note.id == ours.id), stolen)


async def test_a_statement_may_be_let_through(database: Database, ours: Note) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        statement = text("SELECT text FROM test_notes")
        seen = await session.scalars(statement, execution_options={"cross_tenant": True})

        assert list(seen) == ["ours"]


async def test_a_new_row_is_of_the_tenant(database: Database, ours: Note) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        comment = Comment(note=ours)
        session.add(comment)
        await session.flush()

    assert comment.tenant_id == ours.tenant_id


def plant(session: AsyncSession, _: Note, theirs: Note) -> None:
    session.add(Note(tenant_id=theirs.tenant_id, text="planted"))


def change(session: AsyncSession, _: Note, theirs: Note) -> None:
    session.add(theirs)
    theirs.text = "changed"


def steal(session: AsyncSession, ours: Note, theirs: Note) -> None:
    session.add(theirs)
    theirs.tenant_id = ours.tenant_id


def give_away(session: AsyncSession, ours: Note, theirs: Note) -> None:
    session.add(ours)
    ours.tenant_id = theirs.tenant_id


def follow(session: AsyncSession, _: Note, theirs: Note) -> None:
    """The flush copies the tenant's id from the note to its comment."""
    session.add(Comment(note=theirs))


@pytest.mark.parametrize("write", [plant, change, steal, give_away, follow])
async def test_rows_of_another_tenant_are_not_written(
    database: Database, ours: Note, theirs: Note, write: Callable[[AsyncSession, Note, Note], None]
) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        write(session, ours, theirs)
        with pytest.raises(IsolationError):
            await session.flush()
        await session.rollback()


async def test_rows_of_another_tenant_are_not_deleted(
    database: Database, ours: Note, theirs: Note
) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        await session.delete(theirs)
        with pytest.raises(IsolationError):
            await session.flush()
        await session.rollback()


async def test_without_a_tenant_nothing_is_written(database: Database, ours: Note) -> None:
    async with database.session() as session:
        session.add(Note(tenant_id=ours.tenant_id, text="planted"))
        with pytest.raises(TenantNotSetError):
            await session.flush()
        await session.rollback()


async def test_a_session_acts_in_one_tenant(database: Database, ours: Note, theirs: Note) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        bind_tenant(session, ours.tenant_id)
        bind_tenant(session, None)
        with pytest.raises(IsolationError):
            bind_tenant(session, theirs.tenant_id)

        assert list(await session.scalars(select(Note.text))) == ["ours"]


async def test_a_session_enters_a_tenant_that_it_has_found(database: Database, ours: Note) -> None:
    async with database.session() as session:
        [tenant_id] = await session.scalars(select(Tenant.id))
        await enter_tenant(session, tenant_id)

        assert list(await session.scalars(select(Note.text))) == ["ours"]


async def test_a_session_that_begins_again_is_in_its_tenant(database: Database, ours: Note) -> None:
    async with database.session(tenant_id=ours.tenant_id) as session:
        await session.rollback()
        async with session.begin_nested():
            assert list(await session.scalars(select(Note.text))) == ["ours"]
        assert list(await session.scalars(select(Note.text))) == ["ours"]
