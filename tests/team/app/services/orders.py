from collections.abc import Sequence

from humanize import intcomma
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.crud import orders
from app.db.constraints import conflict_if_taken
from app.db.models.order import UNIQUE_NUMBER, Order
from app.schemas.order import OrderCreate


async def list_orders(session: AsyncSession) -> Sequence[Order]:
    return await orders.list_newest(session)


async def create_order(session: AsyncSession, data: OrderCreate, *, limit: int) -> Order:
    if data.quantity > limit:
        raise ConflictError(f"An order is for {intcomma(limit)} pieces at most")
    with conflict_if_taken(UNIQUE_NUMBER, "An order of this number exists"):
        return await orders.create(session, data.number, data.quantity)
