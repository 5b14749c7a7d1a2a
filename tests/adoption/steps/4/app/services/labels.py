from sqlalchemy.ext.asyncio import AsyncSession

from app.crud import labels
from app.db.models.label import Label
from app.schemas.label import LabelIn


async def list_labels(db: AsyncSession, owner_id: int) -> list[Label]:
    return await labels.list_labels(db, owner_id)


async def create_label(db: AsyncSession, owner_id: int, data: LabelIn) -> Label:
    return await labels.create_label(db, owner_id, data.name)
