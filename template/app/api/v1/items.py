from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.api.deps import SessionDep, requires
from app.api.idempotency import IdempotencyDep
from app.api.paging import PageDep
from app.api.versions import PreconditionDep, tagged
from app.core.http.pagination import Sort
from app.core.principal import Principal
from app.db.models.item import Item
from app.permissions import ITEMS_READ, ITEMS_WRITE
from app.schemas.item import ItemCreate, ItemRead, ItemSort, ItemUpdate
from app.schemas.page import Page
from app.services import items

router = APIRouter(prefix="/items", tags=["items"])

Reader = Annotated[Principal, requires(ITEMS_READ)]
Writer = Annotated[Principal, requires(ITEMS_WRITE)]


@router.get("", response_model=Page[ItemRead])
async def list_items(
    session: SessionDep,
    actor: Reader,
    page: PageDep,
    sort: ItemSort = "created_at",
    name: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, object]:
    """`name` is a part of the name, in upper or lower case."""
    sorting = Sort.parse(sort)
    rows = await items.list_items(session, sort=sorting, name=name, **page.query)
    return page.cut(rows, sorted_by=sorting.column)


@router.post("", response_model=ItemRead, status_code=status.HTTP_201_CREATED)
async def create_item(
    session: SessionDep, actor: Writer, data: ItemCreate, idempotency: IdempotencyDep
) -> Any:
    return await idempotency.run(items.create_item, session, actor, data)


@router.get("/{item_id}", response_model=ItemRead)
async def get_item(session: SessionDep, actor: Reader, item_id: UUID, response: Response) -> Item:
    return tagged(response, await items.get_item(session, item_id))


@router.patch("/{item_id}", response_model=ItemRead)
async def update_item(
    session: SessionDep,
    actor: Writer,
    item_id: UUID,
    data: ItemUpdate,
    precondition: PreconditionDep,
    response: Response,
) -> Item:
    return tagged(response, await items.update_item(session, actor, item_id, data, precondition))


@router.delete("/{item_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_item(
    session: SessionDep, actor: Writer, item_id: UUID, precondition: PreconditionDep
) -> None:
    await items.delete_item(session, actor, item_id, precondition)
