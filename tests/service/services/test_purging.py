from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import anyio
import pytest
from sqlalchemy import func, select, update

from app.core.principal import Role
from app.crud import users
from app.db.base import Base, now
from app.db.expiry import Expiring, expiring_models
from app.db.models.invitation import Invitation
from app.db.models.one_time_token import OneTimeToken, Purpose
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.session import Database
from app.db.tenancy import TenantScoped
from app.services.purging import purge, purge_unverified_users
from service.support.watching import watch_statements
from tests.platform.support import Account, make_account, make_session

HOUR = timedelta(hours=1)


class Voucher(TenantScoped, Expiring, Base):
    """A table of tenants that a team could have."""

    __tablename__ = "test_vouchers"


VOUCHERS = Base.metadata.tables["test_vouchers"]
# It is there while a test uses it: the service's schema does not have it.
Base.metadata.remove(VOUCHERS)


@pytest.fixture
async def vouchers(database: Database) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.run_sync(VOUCHERS.create)
    yield
    async with database.engine.begin() as connection:
        await connection.run_sync(VOUCHERS.drop)


async def purge_all(
    database: Database,
    models: Sequence[type[Expiring]],
    retention: Mapping[str, timedelta] | None = None,
    batch: int = 1000,
) -> dict[str, int]:
    return dict([each async for each in purge(database, models, retention or {}, batch=batch)])


def token(account: Account, expires_at: datetime) -> OneTimeToken:
    return OneTimeToken(
        user_id=account.user_id,
        purpose=Purpose.PASSWORD_RESET,
        fingerprint=uuid4().hex,
        expires_at=expires_at,
    )


def invitation(account: Account, expires_at: datetime) -> Invitation:
    return Invitation(
        tenant_id=account.tenant_id,
        email=f"{uuid4().hex}@example.com",
        role=Role.VIEWER,
        fingerprint=uuid4().hex,
        invited_by=account.user_id,
        expires_at=expires_at,
    )


def user_session(account: Account, expires_at: datetime) -> UserSession:
    made = make_session(account.user_id, account.tenant_id)
    made.expires_at = expires_at
    return made


async def add(database: Database, *rows: Any) -> None:
    async with database.session() as session:
        session.add_all(rows)


async def count(database: Database, model: type[Any], account: Account) -> int:
    async with database.session(tenant_id=account.tenant_id) as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


def test_the_platform_has_rows_that_expire() -> None:
    assert {Invitation, OneTimeToken, UserSession} <= set(expiring_models())
    assert Voucher not in expiring_models()


async def test_only_expired_rows_are_purged(database: Database, owner: Account) -> None:
    for make in (token, invitation, user_session):
        await add(database, make(owner, now() - HOUR), make(owner, now() + HOUR))
    purged = await purge_all(database, expiring_models())

    assert [purged[name] for name in ("invitations", "one_time_tokens", "sessions")] == [1, 1, 1]
    assert await count(database, OneTimeToken, owner) == 1
    assert await count(database, Invitation, owner) == 1
    # The account's own is the second one.
    assert await count(database, UserSession, owner) == 2
    assert set((await purge_all(database, expiring_models())).values()) == {0}


async def test_sessions_are_kept_for_a_while(database: Database, owner: Account) -> None:
    await add(database, *(user_session(owner, now() - age * HOUR) for age in (1, 3)))
    purged = await purge_all(database, [UserSession], {"sessions": 2 * HOUR})

    assert purged == {"sessions": 1}


async def test_a_transaction_deletes_a_batch(database: Database, owner: Account) -> None:
    await add(database, *(token(owner, now() - HOUR) for _ in range(5)))
    with watch_statements() as seen:
        purged = await purge_all(database, [OneTimeToken], batch=2)

    assert purged == {"one_time_tokens": 5}
    assert len([each for each in seen if each.startswith("DELETE")]) == 3


async def test_rows_of_all_tenants_are_reached(
    database: Database, owner: Account, vouchers: None
) -> None:
    accounts = [owner] + [
        await make_account(database, email=f"{number}@example.com") for number in range(4)
    ]
    for account in accounts:
        async with database.session(tenant_id=account.tenant_id) as session:
            session.add_all([Voucher(expires_at=now() + hours * HOUR) for hours in (-2, -1, 1)])
    purged = await purge_all(database, [Voucher], batch=2)

    assert purged == {"test_vouchers": 10}
    assert [await count(database, Voucher, account) for account in accounts] == [1] * 5


async def test_two_at_once_share_the_work(database: Database, owner: Account) -> None:
    await add(database, *(token(owner, now() - HOUR) for _ in range(40)))
    found: list[int] = []

    async def run() -> None:
        found.extend((await purge_all(database, [OneTimeToken], batch=3)).values())

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(run)

    assert sum(found) == 40
    assert await count(database, OneTimeToken, owner) == 0


async def test_rows_that_somebody_holds_are_left_to_them(
    database: Database, owner: Account
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite locks no rows")
    await add(database, *(token(owner, now() - HOUR) for _ in range(3)))
    async with database.session() as session:
        await session.scalars(select(OneTimeToken).limit(1).with_for_update())
        assert await purge_all(database, [OneTimeToken]) == {"one_time_tokens": 2}


@pytest.fixture
async def stale(database: Database) -> Callable[[Account], Awaitable[None]]:
    """Makes an account one of a user who never confirmed the address, and left long ago."""

    async def make_stale(account: Account) -> None:
        async with database.session() as session:
            user = update(User).where(User.id == account.user_id)
            await session.execute(user.values(verified_at=None, created_at=now() - 3 * HOUR))
            used = update(UserSession).where(UserSession.user_id == account.user_id)
            await session.execute(used.values(last_used_at=now() - 3 * HOUR))

    return make_stale


async def test_users_who_never_confirmed_go_with_their_tenants(
    database: Database, owner: Account, stale: Callable[[Account], Awaitable[None]]
) -> None:
    accounts = [await make_account(database, email=f"{n}@example.com") for n in range(5)]
    for account in accounts[:3]:
        await stale(account)
    purged = await purge_unverified_users(database, 2 * HOUR, batch=2)

    assert purged == 3
    async with database.session() as session:
        users = set(await session.scalars(select(User.id)))
        tenants = set(await session.scalars(select(Tenant.id)))
    assert users == {each.user_id for each in (owner, *accounts[3:])}
    assert tenants == {each.tenant_id for each in (owner, *accounts[3:])}
    assert await purge_unverified_users(database, 2 * HOUR) == 0


async def test_users_who_may_come_back_stay(
    database: Database, owner: Account, stale: Callable[[Account], Awaitable[None]]
) -> None:
    """One who is still here, one who registered a moment ago, and one with others in the tenant."""
    here, new, shares = [await make_account(database, email=f"{n}@example.com") for n in range(3)]
    await make_account(database, email="member@example.com", tenant_id=shares.tenant_id)
    for account in (here, new, shares):
        await stale(account)
    async with database.session() as session:
        used = update(UserSession).where(UserSession.user_id == here.user_id)
        await session.execute(used.values(last_used_at=now()))
        registered = update(User).where(User.id == new.user_id)
        await session.execute(registered.values(created_at=now()))

    assert await purge_unverified_users(database, 2 * HOUR) == 0


async def test_a_user_who_confirms_meanwhile_stays(
    database: Database, owner: Account, stale: Callable[[Account], Awaitable[None]]
) -> None:
    await stale(owner)
    async with database.session() as session:
        await users.set_verified(session, owner.user_id)
        if database.engine.dialect.name == "postgresql":
            assert await purge_unverified_users(database, 2 * HOUR) == 0

    assert await purge_unverified_users(database, 2 * HOUR) == 0
