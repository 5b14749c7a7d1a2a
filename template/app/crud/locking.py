from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Entity

Row = TypeVar("Row", bound=Entity)


async def lock(
    session: AsyncSession, model: type[Row], row_id: UUID, *, waits: bool = True
) -> Row | None:
    """Returns a row, read anew and locked until the end of the transaction.

    Without waiting, a row that another transaction has locked is as if it were not there.
    """
    statement = select(model).where(model.id == row_id)
    statement = statement.with_for_update(key_share=True, skip_locked=not waits)
    return await session.scalar(statement.execution_options(populate_existing=True))
