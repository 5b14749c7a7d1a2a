from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.label import Label


async def list_labels(db: AsyncSession, owner_id: int) -> list[Label]:
    rows = await db.scalars(select(Label).where(Label.owner_id == owner_id).order_by(Label.id))
    return list(rows)


async def create_label(db: AsyncSession, owner_id: int, name: str) -> Label:
    label = Label(owner_id=owner_id, name=name)
    db.add(label)
    await db.flush()
    return label
