"""What has happened stays as it was written: PostgreSQL's trigger."""

import pytest
from sqlalchemy import Delete, Update, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from app.core.audit import SecurityEvent
from app.crud import audit_events
from app.db.models.audit_event import AuditEvent
from app.db.session import Database
from service.support.audited import read_events
from tests.platform.support import Account


@pytest.fixture(autouse=True)
async def event(database: Database, owner: Account) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("set TEST_DATABASE_URL to a PostgreSQL whose database may be emptied")
    async with database.session(tenant_id=owner.tenant_id) as session:
        await audit_events.create(session, SecurityEvent.SIGN_IN, actor_id=owner.user_id)


async def test_the_table_is_not_truncated(database: Database, owner: Account) -> None:
    """Fixtures disable the trigger: here it is as a service has it."""
    async with database.engine.connect() as connection:
        await connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER ALL"))
        with pytest.raises(DBAPIError, match="audit_events is append-only"):
            await connection.execute(text("TRUNCATE audit_events"))
        await connection.rollback()

    assert await read_events(database, owner.tenant_id) == ["sign_in"]


@pytest.mark.parametrize(
    "statement", [update(AuditEvent).values(event="nothing"), delete(AuditEvent)]
)
async def test_an_event_is_neither_changed_nor_deleted(
    database: Database, owner: Account, statement: Update | Delete
) -> None:
    async with database.session(tenant_id=owner.tenant_id) as session:
        with pytest.raises(DBAPIError, match="audit_events is append-only"):
            await session.execute(statement)
        await session.rollback()

    assert await read_events(database, owner.tenant_id) == ["sign_in"]


async def test_more_are_written(database: Database, owner: Account) -> None:
    async with database.session(tenant_id=owner.tenant_id) as session:
        await audit_events.create(session, SecurityEvent.SIGN_IN, actor_id=owner.user_id)
        assert await session.scalar(select(func.count()).select_from(AuditEvent)) == 2
