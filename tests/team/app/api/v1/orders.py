from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, status

from app.api.deps import SessionDep, StateDep, requires
from app.core.principal import Principal
from app.db.models.order import Order
from app.permissions import ORDERS_READ, ORDERS_WRITE
from app.schemas.order import OrderCreate, OrderRead
from app.services import orders

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("", response_model=list[OrderRead])
async def list_orders(
    session: SessionDep, actor: Annotated[Principal, requires(ORDERS_READ)]
) -> Sequence[Order]:
    return await orders.list_orders(session)


@router.post("", response_model=OrderRead, status_code=status.HTTP_201_CREATED)
async def create_order(
    session: SessionDep,
    state: StateDep,
    actor: Annotated[Principal, requires(ORDERS_WRITE)],
    data: OrderCreate,
) -> Order:
    return await orders.create_order(session, data, limit=state["settings"].order_limit)
