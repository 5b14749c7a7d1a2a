from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, status

from app.api.deps import SessionDep, requires
from app.api.paging import PageDep
from app.core.principal import MEMBERS_READ, MEMBERS_WRITE, TENANT_READ, Principal
from app.schemas.page import Page
from app.schemas.tenant import MemberRead, MemberUpdate
from app.services import members

router = APIRouter(prefix="/tenant/members", tags=["tenant"])

Writer = Annotated[Principal, requires(MEMBERS_WRITE)]


@router.get("", response_model=Page[MemberRead])
async def list_members(
    session: SessionDep, actor: Annotated[Principal, requires(MEMBERS_READ)], page: PageDep
) -> dict[str, object]:
    """The tenant's members, in the order of joining."""
    rows = await members.list_members(session, actor, **page.query)
    return page.cut(rows, sorted_by="joined_at", row_id="user_id")


@router.delete("/me", status_code=status.HTTP_204_NO_CONTENT)
async def leave_tenant(
    session: SessionDep, actor: Annotated[Principal, requires(TENANT_READ)]
) -> None:
    """Leaves the tenant; its last owner cannot."""
    await members.remove_member(session, actor, actor.user_id)


@router.patch("/{user_id}", response_model=MemberRead)
async def update_member(
    session: SessionDep, actor: Writer, user_id: UUID, data: MemberUpdate
) -> Any:
    """Gives a member another role, up to the actor's own."""
    return await members.update_member(session, actor, user_id, data.role)


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_member(session: SessionDep, actor: Writer, user_id: UUID) -> None:
    await members.remove_member(session, actor, user_id)
