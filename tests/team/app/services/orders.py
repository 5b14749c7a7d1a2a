from collections.abc import Sequence

from humanize import intcomma
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.core.principal import Principal
from app.crud import orders
from app.db.models.order import Order
from app.schemas.order import OrderCreate


async def list_orders(session: AsyncSession, actor: Principal) -> Sequence[Order]:
    return await orders.list_of(session, actor.user_id)


async def create_order(
    session: AsyncSession, actor: Principal, data: OrderCreate, *, limit: int
) -> Order:
    if data.quantity > limit:
        raise ConflictError(f"An order is for {intcomma(limit)} pieces at most")
    try:
        return await orders.create(session, actor.user_id, data.number, data.quantity)
    except IntegrityError as exc:
        raise ConflictError("An order of this number exists") from exc
