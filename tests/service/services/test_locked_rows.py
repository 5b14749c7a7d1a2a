"""Rows that an actor locks to change them: one that was awaited takes the actor's rights anew."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Executable

from app.core.principal import Principal, Role
from app.crud import user_sessions, users
from app.db.base import now
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.db.tenancy import bind_tenant
from app.services.accounts import claim_unproven
from app.services.authority import RoleChangedError, lock_row
from service.support.notes import Note, note_tables
from tests.platform.support import Account, SignIn, make_account

CHANGES: dict[str, Callable[[Account], Executable]] = {
    "demoted": lambda eve: (
        update(Membership).where(Membership.user_id == eve.user_id).values(role=Role.VIEWER)
    ),
    "disabled": lambda eve: update(User).where(User.id == eve.user_id).values(disabled_at=now()),
    "signed out": lambda eve: (
        update(UserSession).where(UserSession.id == eve.session_id).values(revoked_at=now())
    ),
}


@pytest.fixture
async def eve(database: Database, owner: Account) -> Account:
    return await make_account(
        database, email="eve@example.com", role=Role.MEMBER, tenant_id=owner.tenant_id
    )


@pytest.fixture
async def note_id(database: Database, owner: Account) -> AsyncIterator[UUID]:
    async with note_tables(database.engine):
        async with database.session(tenant_id=owner.tenant_id) as session:
            note = Note(text="first")
            session.add(note)
        yield note.id


@asynccontextmanager
async def acting(database: Database, eve: Account) -> AsyncIterator[tuple[AsyncSession, Principal]]:
    """A request of eve's, from authentication on."""
    async with database.session() as session:
        principal = await user_sessions.get_principal(
            session, eve.session_id, eve.user_id, eve.tenant_id
        )
        assert principal
        bind_tenant(session, principal.tenant_id)
        yield session, principal


async def lock_while_held(
    database: Database, eve: Account, note_id: UUID, change: Executable
) -> str | None:
    """Locks a note that another transaction holds, until that one has committed its change."""
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time, before it authenticates")
    authenticated = asyncio.Event()

    async def lock() -> str | None:
        async with acting(database, eve) as (session, principal):
            authenticated.set()
            note = await lock_row(session, principal, Note, note_id)
            return note.text if note else None

    async with database.session(tenant_id=eve.tenant_id) as holder:
        await holder.execute(select(Note).where(Note.id == note_id).with_for_update())
        locking = asyncio.create_task(lock())
        await authenticated.wait()
        await asyncio.sleep(0.2)  # waiting
        assert not locking.done()
        await holder.execute(change)
    return await locking


@pytest.mark.parametrize("change", CHANGES)
async def test_a_row_that_was_awaited_takes_the_rights_anew(
    database: Database, eve: Account, note_id: UUID, change: str
) -> None:
    with pytest.raises(RoleChangedError):
        await lock_while_held(database, eve, note_id, CHANGES[change](eve))


async def test_a_caller_who_may_still_write_gets_the_current_row(
    database: Database, eve: Account, note_id: UUID
) -> None:
    change = update(Note).where(Note.id == note_id).values(text="second")

    assert await lock_while_held(database, eve, note_id, change) == "second"


async def test_a_free_row_takes_one_statement(
    database: Database, eve: Account, note_id: UUID
) -> None:
    statements: list[str] = []
    engine = database.engine.sync_engine
    async with acting(database, eve) as (session, principal):
        event.listen(
            engine, "before_cursor_execute", lambda _, __, text, *___: statements.append(text)
        )
        assert await lock_row(session, principal, Note, note_id)

    assert len(statements) == 1


async def test_an_account_that_is_claimed_keeps_no_name_of_its_finder(
    client: AsyncClient, database: Database, eve: Account, sign_in: SignIn
) -> None:
    """The holder of the address proves it while the stranger's request waits for the user."""
    unproven = update(User).where(User.id == eve.user_id).values(verified_at=None)
    async with database.session() as session:
        await session.execute(unproven)
    async with database.session() as session:
        await users.lock(session, [eve.user_id])
        sent = asyncio.create_task(
            client.patch("/api/v1/auth/me", headers=sign_in(eve), json={"name": "Eve"})
        )
        await asyncio.sleep(0.2)
        assert not sent.done()
        await claim_unproven(session, eve.user_id)
        await user_sessions.revoke_all(session, eve.user_id)

    assert (await sent).status_code in (401, 403)
    async with database.session() as session:
        assert await session.scalar(select(User.name).where(User.id == eve.user_id)) == ""
