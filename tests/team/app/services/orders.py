from collections.abc import Sequence

from humanize import intcomma
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.crud import orders
from app.db.models.order import Order
from app.schemas.order import OrderCreate


async def list_orders(session: AsyncSession) -> Sequence[Order]:
    return await orders.list_newest(session)


async def create_order(session: AsyncSession, data: OrderCreate, *, limit: int) -> Order:
    if data.quantity > limit:
        raise ConflictError(f"An order is for {intcomma(limit)} pieces at most")
    try:
        return await orders.create(session, data.number, data.quantity)
    except IntegrityError as exc:
        raise ConflictError("An order of this number exists") from exc
