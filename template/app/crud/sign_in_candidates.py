"""Who signs in, before the password is checked and after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.crud.memberships import first_tenant
from app.db.below_session import TenantlessStatement, read_below
from app.db.models.membership import Membership
from app.db.models.user import User
from app.db.models.user_session import UserSession
from app.db.rls import TenantSetting
from app.db.session import Database


@dataclass(frozen=True, slots=True)
class SignInCandidate:
    """The user that somebody wants to sign in as, before the password is checked."""

    user_id: UUID
    password_hash: str
    verified_at: datetime | None
    disabled_at: datetime | None
    tenant_id: UUID | None
    is_known_address: bool


def _select(*, requests_tenant: bool, locks: bool) -> TenantlessStatement:
    tenant = (
        select(Membership.tenant_id)
        .where(
            Membership.user_id == User.id,
            Membership.tenant_id == bindparam("tenant_id", type_=Uuid),
        )
        .scalar_subquery()
        if requests_tenant
        else first_tenant(User.id)
    )
    is_known = exists().where(
        UserSession.user_id == User.id, UserSession.address == bindparam("address")
    )
    columns = (User.id, User.password_hash, User.verified_at, User.disabled_at)
    statement = select(*columns, tenant, is_known, TenantSetting(tenant))
    statement = statement.where(User.email == bindparam("email"))
    return TenantlessStatement(
        statement.with_for_update(read=True, of=User) if locks else statement
    )


# By whether a tenant is requested, and whether the user is locked.
_STATEMENTS = {
    (requests_tenant, locks): _select(requests_tenant=requests_tenant, locks=locks)
    for requests_tenant in (False, True)
    for locks in (False, True)
}


async def get(
    database: Database, email: str, *, tenant_id: UUID | None, address: str
) -> SignInCandidate | None:
    """Loads a user by e-mail, the tenant to act in, and whether they signed in from there before.

    The tenant is the requested one if the user is in it, and without a request the one they joined
    first.
    """
    values = {"email": email, "address": address, "tenant_id": tenant_id}
    return _make(await database.read_alone(_STATEMENTS[tenant_id is not None, False], values))


async def lock(
    session: AsyncSession, email: str, *, tenant_id: UUID | None, address: str
) -> SignInCandidate | None:
    """Loads the same once more, and holds the user as they are until the end of the transaction.

    The rows of the tenant are open to what follows.
    """
    values = {"email": email, "address": address, "tenant_id": tenant_id}
    return _make(await read_below(session, _STATEMENTS[tenant_id is not None, True], values))


def _make(row: Row[Any] | None) -> SignInCandidate | None:
    if row is None:
        return None
    values: list[Any] = list(row)[:-1]
    return SignInCandidate(*values)
