from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy import exists, select
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.http.pagination import Position
from app.crud.changes import apply_changes
from app.crud.keyset import Rows, fetch_page
from app.db.base import now
from app.db.locks import lock as lock_name
from app.db.models.membership import Membership
from app.db.models.tenant import Tenant
from app.db.models.user import User
from app.db.models.user_session import UserSession


async def get(session: AsyncSession, user_id: UUID) -> User | None:
    return await session.get(User, user_id)


async def get_by_email(session: AsyncSession, email: str) -> User | None:
    """Looks an address up as it is stored: in lower case."""
    return await session.scalar(select(User).where(User.email == email))


async def has_ending(session: AsyncSession, ending: str) -> bool:
    """Whether somebody's address ends like this."""
    statement = select(User.id).where(User.email.endswith(ending, autoescape=True)).limit(1)
    return await session.scalar(statement) is not None


async def lock(session: AsyncSession, user_ids: Collection[UUID]) -> Mapping[UUID, User]:
    """Returns users by id, locked until the end of the transaction."""
    statement = select(User).where(User.id.in_(user_ids)).order_by(User.id)
    statement = statement.with_for_update(key_share=True)
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {user.id: user for user in rows}


async def lock_address(session: AsyncSession, email: str) -> None:
    """Makes others who would make a user of this address wait for the end of the transaction."""
    await lock_name(session, "registration", email)


_LISTED = select(
    User.id,
    User.email,
    User.name,
    User.is_platform_admin,
    User.created_at,
    User.verified_at,
    User.disabled_at,
)


async def list_all(session: AsyncSession, *, after: Position | None, limit: int) -> Rows:
    return await fetch_page(session, _LISTED, User.created_at, User.id, after=after, limit=limit)


async def create(session: AsyncSession, *, email: str, password_hash: str) -> User:
    """Makes a user; the caller holds the lock of the address."""
    user = User(email=email, password_hash=password_hash)
    session.add(user)
    await session.flush()
    return user


async def update(session: AsyncSession, user: User, changes: Mapping[str, Any]) -> None:
    await apply_changes(session, user, changes)


async def set_password(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(
        update_rows(User).where(User.id == user_id).values(password_hash=password_hash)
    )


async def replace_password(session: AsyncSession, user: User, password_hash: str) -> bool:
    """Sets a password in place of the one that was checked; False if it is another by now."""
    replaced = await session.scalar(
        update_rows(User)
        .where(User.id == user.id, User.password_hash == user.password_hash)
        .values(password_hash=password_hash)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return replaced is not None


async def set_verified(session: AsyncSession, user_id: UUID) -> None:
    """Notes that the address is the user's; the first time counts."""
    await session.execute(
        update_rows(User)
        .where(User.id == user_id, User.verified_at.is_(None))
        .values(verified_at=now())
    )


async def delete_unverified(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Deletes users who never confirmed their address, with their tenants; returns how many.

    They were made and last used before a time, and no other user is in a tenant of theirs. Those
    that another transaction has locked are left to it.
    """
    own, others = aliased(Membership), aliased(Membership)
    shared = exists().where(
        own.user_id == User.id, others.tenant_id == own.tenant_id, others.user_id != User.id
    )
    used = exists().where(UserSession.user_id == User.id, UserSession.last_used_at >= before)
    statement = select(User.id).where(
        User.verified_at.is_(None), User.created_at < before, ~used, ~shared
    )
    statement = statement.limit(limit).with_for_update(skip_locked=True, of=User)
    ids = (await session.scalars(statement)).all()
    if ids:
        tenant_ids = select(Membership.tenant_id).where(Membership.user_id.in_(ids))
        await session.execute(delete_rows(Tenant).where(Tenant.id.in_(tenant_ids)))
        await session.execute(delete_rows(User).where(User.id.in_(ids)))
    return len(ids)


async def set_disabled(session: AsyncSession, user: User, *, is_disabled: bool) -> None:
    user.disabled_at = (user.disabled_at or now()) if is_disabled else None
    await session.flush()
