from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.order import Order


async def list_of(session: AsyncSession, owner_id: UUID) -> Sequence[Order]:
    """Returns the hundred newest orders of an owner."""
    statement = select(Order).where(Order.owner_id == owner_id)
    rows = await session.scalars(statement.order_by(Order.created_at.desc(), Order.id).limit(100))
    return rows.all()


async def create(session: AsyncSession, owner_id: UUID, number: str, quantity: int) -> Order:
    order = Order(owner_id=owner_id, number=number, quantity=quantity)
    session.add(order)
    await session.flush()
    return order
