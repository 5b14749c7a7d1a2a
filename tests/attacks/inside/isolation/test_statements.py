"""In a plain session each shape sees a foreign row, in one of a tenant none.

On SQLite, where nothing but the criterion stands between tenants. It runs in a rendered service.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import (
    Engine,
    Executable,
    case,
    create_engine,
    delete,
    extract,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from app.db.base import Base
from app.db.isolation import TenantSession
from app.db.models.tenant import Tenant
from app.db.tenancy import TENANT, IsolationError, TenantNotSetError, bind_tenant
from isolation.statements import (
    NAMES,
    NOTE_OF,
    OF_TENANT,
    OURS,
    READS,
    THEIRS,
    Shape,
    names_where,
    scalars,
)
from service.support.notes import COMMENTS, NOTES, Note

# What the session lets pass: the source check of a service's tests/platform refuses it in crud.
# PostgreSQL's policies hold for these, too.
OPEN: dict[str, Shape] = {
    "full join": scalars(select(Note.text).select_from(Tenant).join(Note, OF_TENANT, full=True)),
    "table in a subquery": names_where(Tenant.id.in_(select(NOTES.c.tenant_id))),
    "table in a join": scalars(
        select(NOTES.c.text).select_from(Tenant).join(NOTES, NOTES.c.tenant_id == Tenant.id)
    ),
    "text in a condition": names_where(text("EXISTS (SELECT 1 FROM test_notes)")),
    "connection": lambda session: session.connection().scalars(select(NOTES.c.text)).all(),
}
# SQLAlchemy takes these for Core: without a plain column or select_from() nothing says "entity".
UNKNOWN: dict[str, Executable] = {
    "window": select(func.first_value(Note.text).over()),
    "window in a function": select(func.coalesce(func.max(Note.text).over(), "")),
    "filter": select(func.max(Note.text).filter(true())),
    "extract": select(extract("year", Note.created_at)),
    "case of a constant": select(case((true(), Note.text))),
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Two tenants with a note and a comment each. Both comments point at their note, too."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        tenants = Base.metadata.tables["tenants"]
        for table in (tenants, NOTES, COMMENTS):
            table.create(connection)
        for tenant_id, name in NAMES.items():
            made = {"id": NOTE_OF[tenant_id], "created_at": datetime.now(UTC)}
            scoped = made | {"tenant_id": tenant_id}
            references = {"note_id": NOTE_OF[tenant_id], "other_id": NOTE_OF[THEIRS]}
            connection.execute(insert(tenants), made | {"id": tenant_id, "name": name})
            connection.execute(insert(NOTES), scoped | {"text": name})
            connection.execute(insert(COMMENTS), scoped | references)
    yield engine
    engine.dispose()


@contextmanager
def session_of(engine: Engine, tenant_id: UUID | None) -> Iterator[Session]:
    with TenantSession(engine) as session:
        bind_tenant(session, tenant_id)
        yield session


def plain_session(engine: Engine) -> Session:
    """Knows its tenant, and does nothing about it."""
    return Session(engine, info={TENANT: OURS})


each_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@each_read
def test_a_plain_session_sees_a_foreign_row(engine: Engine, read: Shape) -> None:
    """Otherwise the shape would prove nothing."""
    with plain_session(engine) as session:
        assert "theirs" in read(session)


@each_read
def test_a_session_of_a_tenant_sees_no_foreign_row(engine: Engine, read: Shape) -> None:
    """By turns: what SQLAlchemy has compiled and cached is bound to no tenant."""
    for tenant_id in (OURS, THEIRS, OURS):
        with session_of(engine, tenant_id) as session:
            assert set(read(session)) <= {NAMES[tenant_id], None, ""}


@each_read
def test_a_session_without_a_tenant_sees_nothing(engine: Engine, read: Shape) -> None:
    with session_of(engine, OURS) as session:
        read(session)
    with session_of(engine, None) as session, suppress(TenantNotSetError):
        assert set(read(session)) <= {None, ""}


@pytest.mark.parametrize("statement", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_entities_are_refused(engine: Engine, statement: Executable) -> None:
    with session_of(engine, OURS) as session, pytest.raises(IsolationError):
        session.execute(statement)


@pytest.mark.parametrize("read", OPEN.values(), ids=OPEN)
def test_shapes_that_pass_the_session_are_known(engine: Engine, read: Shape) -> None:
    """When this fails the source check of tests/platform can go without it."""
    with session_of(engine, OURS) as session:
        assert "theirs" in read(session)


Twin = aliased(Note)
WRITES = {
    "update": update(Note).values(text="changed"),
    "update of its tenant": update(Note).where(Note.tenant_id == THEIRS).values(text="changed"),
    "update by a join": update(Note).where(Note.tenant_id == Tenant.id).values(text="changed"),
    "update from an alias": update(Note).where(Note.id == Twin.id).values(text="changed"),
    "update with returning": update(Note).values(text="changed").returning(Note.id),
    "update that fetches": update(Note)
    .values(text="changed")
    .execution_options(synchronize_session="fetch"),
    "update of a subquery": update(Note).where(Note.id.in_(select(Twin.id))).values(text="changed"),
    "delete": delete(Note),
    "delete of its tenant": delete(Note).where(Note.tenant_id == THEIRS),
    "delete with returning": delete(Note).returning(Note.id),
    "delete of a subquery": delete(Note).where(Note.id.in_(select(Twin.id))),
}


@pytest.mark.parametrize("statement", WRITES.values(), ids=WRITES)
def test_no_statement_writes_a_foreign_row(engine: Engine, statement: Executable) -> None:
    for session, is_safe in ((plain_session(engine), False), (TenantSession(engine), True)):
        bind_tenant(session, OURS)
        session.execute(statement)
        left = session.connection().scalars(select(NOTES.c.text)).all()
        session.close()
        assert ("theirs" in left) == is_safe
