from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models.order import Order


async def list_newest(session: AsyncSession) -> Sequence[Order]:
    """Returns the tenant's hundred newest orders."""
    statement = select(Order).order_by(Order.created_at.desc(), Order.id).limit(100)
    return (await session.scalars(statement)).all()


async def create(session: AsyncSession, number: str, quantity: int) -> Order:
    order = Order(number=number, quantity=quantity)
    session.add(order)
    await session.flush()
    return order
