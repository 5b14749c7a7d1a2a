from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, status

from app.api.deps import ClientDep, SessionDep, StateDep, requires
from app.api.mailing import send_after_response
from app.api.paging import PageDep
from app.core.principal import INVITATIONS_READ, INVITATIONS_WRITE, Principal
from app.db.models.invitation import Invitation
from app.schemas.page import Page
from app.schemas.tenant import InvitationAcceptance, InvitationCreate, InvitationRead
from app.services import invitations

router = APIRouter(tags=["tenant"])

Writer = Annotated[Principal, requires(INVITATIONS_WRITE)]


@router.post(
    "/tenant/invitations", response_model=InvitationRead, status_code=status.HTTP_201_CREATED
)
async def create_invitation(
    session: SessionDep,
    state: StateDep,
    client: ClientDep,
    background: BackgroundTasks,
    actor: Writer,
    data: InvitationCreate,
) -> Invitation:
    """Invites an address to the tenant, by mail; an earlier invitation of it is void."""
    invitation, mail = await invitations.create_invitation(
        session, state["mailing"], actor, client.address, **data.model_dump()
    )
    send_after_response(background, state, mail)
    return invitation


@router.get("/tenant/invitations", response_model=Page[InvitationRead])
async def list_invitations(
    session: SessionDep, actor: Annotated[Principal, requires(INVITATIONS_READ)], page: PageDep
) -> dict[str, object]:
    """The tenant's open invitations."""
    return page.cut(await invitations.list_invitations(session, actor, **page.query))


@router.delete("/tenant/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_invitation(session: SessionDep, actor: Writer, invitation_id: UUID) -> None:
    await invitations.delete_invitation(session, actor, invitation_id)


@router.post("/invitations/accept", status_code=status.HTTP_204_NO_CONTENT)
async def accept_invitation(
    session: SessionDep, state: StateDep, data: InvitationAcceptance
) -> None:
    """Joins the tenant that a mailed token is for, with a password if the address has no account.

    Then sign in, or refresh with `tenant`.
    """
    throttle = state["auth_server"].throttle
    await invitations.accept_invitation(session, state["passwords"], throttle, **data.model_dump())
