"""The session sees and writes the rows of its tenant, so no statement here names one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.http.pagination import Position, Sort
from app.crud.changes import apply_changes
from app.crud.keyset import Rows, fetch_page
from app.db.models.item import Item
from app.db.versioned import etag_of

# What app/schemas/item.py lets a client sort by: columns with an index.
SORTABLE = {"created_at": Item.created_at, "name": Item.name}

# What app/schemas/item.py has in a list: columns, since a row is read faster than an object.
_LISTED = select(
    Item.id,
    etag_of(Item),
    Item.name,
    Item.description,
    Item.created_at,
    Item.created_by,
    Item.updated_at,
)


async def list_page(
    session: AsyncSession,
    *,
    after: Position | None,
    limit: int,
    sort: Sort,
    name: str | None = None,
) -> Rows:
    """Returns a page of the items whose names contain `name`, in upper or lower case."""
    column, descending = SORTABLE[sort.column], sort.descending
    where = [] if name is None else [Item.name.icontains(name, autoescape=True)]
    return await fetch_page(
        session,
        _LISTED,
        column,
        Item.id,
        after=after,
        limit=limit,
        descending=descending,
        where=where,
    )


async def get(session: AsyncSession, item_id: UUID) -> Item | None:
    return await session.scalar(select(Item).where(Item.id == item_id))


async def create(session: AsyncSession, *, created_by: UUID, name: str, description: str) -> Item:
    item = Item(created_by=created_by, name=name, description=description)
    session.add(item)
    await session.flush()
    return item


async def update(session: AsyncSession, item: Item, changes: Mapping[str, Any]) -> None:
    await apply_changes(session, item, changes)


async def delete(session: AsyncSession, item: Item) -> None:
    await session.delete(item)
    await session.flush()
