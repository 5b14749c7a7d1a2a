from collections.abc import Iterator, Sequence

from humanize import intcomma
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.crud import orders
from app.db.constraints import conflict_if_taken
from app.db.models.order import UNIQUE_NUMBER, Order
from app.schemas.order import OrderCreate
from app.services.seeding.tenants import NewTenant


async def list_orders(session: AsyncSession) -> Sequence[Order]:
    return await orders.list_newest(session)


async def create_order(session: AsyncSession, data: OrderCreate, *, limit: int) -> Order:
    if data.quantity > limit:
        raise ConflictError(f"An order is for {intcomma(limit)} pieces at most")
    with conflict_if_taken(UNIQUE_NUMBER, "An order of this number exists"):
        return await orders.create(session, data.number, data.quantity)


def seed_orders(tenant: NewTenant) -> Iterator[Order]:
    for number in range(1, tenant.rows + 1):
        yield Order(
            id=tenant.make_id(),
            created_at=tenant.make_time(),
            number=f"A-{number}",
            quantity=tenant.random.randint(1, 1000),
        )
