from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.crud.numbers import next_number
from app.db.models.label import Label


async def list_labels(session: AsyncSession, created_by: UUID) -> Sequence[Label]:
    statement = select(Label).where(Label.created_by == created_by).order_by(Label.number)
    return (await session.scalars(statement)).all()


async def create_label(
    session: AsyncSession, tenant_id: UUID, created_by: UUID, name: str
) -> Label:
    label = Label(number=await next_number(session, tenant_id), created_by=created_by, name=name)
    session.add(label)
    await session.flush()
    return label
