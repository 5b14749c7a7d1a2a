from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position
from app.core.principal import Role
from app.crud.keyset import Rows, fetch_page
from app.db.base import UTCDateTime, now
from app.db.models.invitation import Invitation


async def get_by_fingerprint(session: AsyncSession, fingerprint: str) -> Invitation | None:
    return await session.scalar(
        select(Invitation).where(
            Invitation.fingerprint == fingerprint, Invitation.expires_at > now()
        )
    )


_LISTED = select(
    Invitation.id,
    Invitation.email,
    Invitation.role,
    Invitation.created_at,
    Invitation.expires_at,
).where(
    Invitation.tenant_id == bindparam("tenant_id", type_=Uuid),
    Invitation.expires_at > bindparam("at", type_=UTCDateTime),
)


async def list_of(
    session: AsyncSession, tenant_id: UUID, *, after: Position | None, limit: int
) -> Rows:
    key = Invitation.created_at, Invitation.id
    return await fetch_page(
        session, _LISTED, *key, after=after, limit=limit, tenant_id=tenant_id, at=now()
    )


async def replace(
    session: AsyncSession,
    tenant_id: UUID,
    *,
    email: str,
    role: Role,
    fingerprint: str,
    invited_by: UUID,
    expires_at: datetime,
) -> Invitation:
    """Makes an invitation; an earlier one of the tenant to the same address is void."""
    await session.execute(
        delete_rows(Invitation).where(Invitation.tenant_id == tenant_id, Invitation.email == email)
    )
    invitation = Invitation(
        tenant_id=tenant_id,
        email=email,
        role=role,
        fingerprint=fingerprint,
        invited_by=invited_by,
        expires_at=expires_at,
    )
    session.add(invitation)
    await session.flush()
    return invitation


async def delete(session: AsyncSession, tenant_id: UUID, invitation_id: UUID) -> bool:
    """Deletes an invitation; False if it is gone, or another request was faster."""
    deleted = await session.scalar(
        delete_rows(Invitation)
        .where(Invitation.id == invitation_id, Invitation.tenant_id == tenant_id)
        .returning(Invitation.id)
    )
    return deleted is not None


async def delete_all_by(session: AsyncSession, invited_by: UUID) -> None:
    """Deletes a user's invitations to all tenants."""
    await session.execute(delete_rows(Invitation).where(Invitation.invited_by == invited_by))


async def delete_by(session: AsyncSession, tenant_id: UUID, invited_by: UUID) -> None:
    """Deletes a user's invitations to a tenant."""
    await session.execute(
        delete_rows(Invitation).where(
            Invitation.tenant_id == tenant_id, Invitation.invited_by == invited_by
        )
    )
