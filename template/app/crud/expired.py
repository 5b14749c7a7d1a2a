from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.expiry import Expiring


async def delete_batch(
    session: AsyncSession, model: type[Expiring], *, before: datetime, limit: int
) -> int:
    """Deletes rows that expired before a time, at most `limit`; returns how many.

    Rows that somebody else is deleting are left to them.
    """
    expired = (
        select(model.id)
        .where(model.expires_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.scalars(expired)).all()
    if ids:
        await session.execute(
            delete(model).where(model.id.in_(ids)).execution_options(synchronize_session=False)
        )
    return len(ids)
