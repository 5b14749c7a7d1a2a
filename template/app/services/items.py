"""Items belong to the tenant; those of other tenants are as if they did not exist."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFoundError
from app.core.http.pagination import Position, Sort
from app.core.http.preconditions import Precondition
from app.core.principal import Principal
from app.crud import items
from app.crud.keyset import Rows
from app.db.constraints import conflict_if_taken
from app.db.models.item import UNIQUE_NAME, Item
from app.schemas.item import ItemCreate, ItemUpdate
from app.services.authority import lock_row

NAME_TAKEN = "An item of this name exists"


async def list_items(
    session: AsyncSession, *, after: Position | None, limit: int, sort: Sort, name: str | None
) -> Rows:
    return await items.list_page(session, after=after, limit=limit, sort=sort, name=name)


async def get_item(session: AsyncSession, item_id: UUID) -> Item:
    item = await items.get(session, item_id)
    if item is None:
        raise _no_such_item()
    return item


async def create_item(session: AsyncSession, actor: Principal, data: ItemCreate) -> Item:
    with conflict_if_taken(UNIQUE_NAME, NAME_TAKEN):
        return await items.create(session, created_by=actor.id, **data.model_dump())


async def update_item(
    session: AsyncSession,
    actor: Principal,
    item_id: UUID,
    data: ItemUpdate,
    precondition: Precondition,
) -> Item:
    item = await _lock_item(session, actor, item_id)
    precondition.require(item.etag)
    with conflict_if_taken(UNIQUE_NAME, NAME_TAKEN):
        await items.update(session, item, data.model_dump())
    return item


async def delete_item(
    session: AsyncSession, actor: Principal, item_id: UUID, precondition: Precondition
) -> None:
    item = await _lock_item(session, actor, item_id)
    precondition.require(item.etag)
    await items.delete(session, item)


async def _lock_item(session: AsyncSession, actor: Principal, item_id: UUID) -> Item:
    item = await lock_row(session, actor, Item, item_id)
    if item is None:
        raise _no_such_item()
    return item


def _no_such_item() -> NotFoundError:
    return NotFoundError("There is no such item")
