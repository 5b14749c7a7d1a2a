from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import try_lock
from app.db.models.idempotency_key import IdempotencyKey
from app.db.tenancy import TENANT


async def lock(session: AsyncSession, *, actor_id: UUID, route: str, key: str) -> bool:
    """Locks a key until the end of the transaction; False if another one holds the lock."""
    return await try_lock(session, session.info[TENANT], actor_id, route, key)


async def get(
    session: AsyncSession, *, actor_id: UUID, route: str, key: str
) -> IdempotencyKey | None:
    """Returns a key of the tenant, also an expired one."""
    return await session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.actor_id == actor_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
        )
    )


async def create(
    session: AsyncSession,
    *,
    actor_id: UUID,
    route: str,
    key: str,
    request_hash: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: str,
    expires_at: datetime,
) -> None:
    session.add(
        IdempotencyKey(
            actor_id=actor_id,
            route=route,
            key=key,
            request_hash=request_hash,
            status=status,
            headers=headers,
            body=body,
            expires_at=expires_at,
        )
    )
    await session.flush()


async def delete(session: AsyncSession, row: IdempotencyKey) -> None:
    """Deletes a key, unless that has been done meanwhile."""
    await session.execute(delete_rows(IdempotencyKey).where(IdempotencyKey.id == row.id))
