from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Uuid, and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position
from app.core.principal import Principal
from app.crud.keyset import Rows, fetch_page
from app.db.base import UTCDateTime, now
from app.db.below_session import Read, TenantlessStatement, read_below
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.rls import TenantSetting
from app.db.session import Database


def _is_open(at: datetime | BindParameter[datetime]) -> list[ColumnElement[bool]]:
    return [
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > at,
        UserSession.idle_expires_at > at,
        User.disabled_at.is_(None),
    ]


_PRINCIPAL = TenantlessStatement(
    select(
        User.id,
        User.email,
        User.name,
        User.is_platform_admin,
        UserSession.id.label("session_id"),
        Membership.tenant_id,
        Membership.role,
        TenantSetting(Membership.tenant_id),
    )
    .join(User, UserSession.user_id == User.id)
    .outerjoin(
        Membership,
        and_(Membership.user_id == User.id, Membership.tenant_id == bindparam("tid", type_=Uuid)),
    )
    .where(
        UserSession.id == bindparam("sid", type_=Uuid),
        User.id == bindparam("uid", type_=Uuid),
        *_is_open(bindparam("at", type_=UTCDateTime)),
    )
)


async def get_principal(
    session: AsyncSession, session_id: UUID, user_id: UUID, tenant_id: UUID | None
) -> Principal | None:
    """Loads who is calling in one statement, which also opens the tenant's rows for what follows.

    None if the session has ended, or if the user is disabled or not in that tenant.
    """
    return await _load(partial(read_below, session), session_id, user_id, tenant_id)


async def get_principal_alone(
    database: Database, session_id: UUID, user_id: UUID, tenant_id: UUID | None
) -> Principal | None:
    """Loads who is calling as `get_principal` does, without a session."""
    return await _load(database.read_alone, session_id, user_id, tenant_id)


async def _load(
    read: Read, session_id: UUID, user_id: UUID, tenant_id: UUID | None
) -> Principal | None:
    values = {"sid": session_id, "uid": user_id, "tid": tenant_id, "at": now()}
    row = await read(_PRINCIPAL, values)
    if row is None or row.tenant_id != tenant_id:
        return None
    return Principal(
        id=row.id,
        tenant_id=row.tenant_id,
        role=row.role,
        email=row.email,
        name=row.name,
        is_platform_admin=row.is_platform_admin,
        session_id=row.session_id,
    )


async def lock_family(session: AsyncSession, family: str) -> UserSession | None:
    """Returns an open session by its family of refresh tokens; no other transaction changes it meanwhile."""
    statement = (
        select(UserSession)
        .join(User, UserSession.user_id == User.id)
        .where(UserSession.family == family, *_is_open(now()))
        .with_for_update(of=UserSession)
    )
    return await session.scalar(statement)


async def create(session: AsyncSession, user_session: UserSession) -> None:
    session.add(user_session)
    await session.flush()


_LISTED = (
    select(
        UserSession.id,
        UserSession.address,
        UserSession.user_agent,
        UserSession.created_at,
        UserSession.last_used_at,
        UserSession.expires_at,
    )
    .join(User, UserSession.user_id == User.id)
    .where(
        UserSession.user_id == bindparam("user_id", type_=Uuid),
        *_is_open(bindparam("at", type_=UTCDateTime)),
    )
)


async def list_of(
    session: AsyncSession, user_id: UUID, *, after: Position | None, limit: int
) -> Rows:
    """Returns the user's open sessions, oldest first."""
    key = UserSession.created_at, UserSession.id
    return await fetch_page(
        session, _LISTED, *key, after=after, limit=limit, user_id=user_id, at=now()
    )


async def revoke(session: AsyncSession, user_id: UUID, session_id: UUID) -> bool:
    """Ends a session of the user; False if they have no such one that is open."""
    return await _revoke(session, UserSession.user_id == user_id, UserSession.id == session_id) > 0


async def revoke_all(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the user's sessions, all `but` one; returns how many there were."""
    conditions = [UserSession.user_id == user_id]
    return await _revoke(session, *conditions, *([UserSession.id != but] if but else []))


async def revoke_batch(session: AsyncSession, *, limit: int) -> int:
    """Ends sessions of anybody, at most `limit`; returns how many."""
    ended = select(UserSession.id).where(
        UserSession.revoked_at.is_(None), UserSession.expires_at > now()
    )
    return await _revoke(session, UserSession.id.in_(ended.limit(limit)))


async def _revoke(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
    statement = update(UserSession).where(*conditions, UserSession.revoked_at.is_(None))
    revoked = await session.scalars(statement.values(revoked_at=now()).returning(UserSession.id))
    return len(revoked.all())
