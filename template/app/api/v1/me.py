from fastapi import APIRouter, status

from app.api.deps import SessionDep, SignedInAloneDep, SignedInDep, StateDep
from app.core.principal import Principal
from app.schemas.account import PasswordChange
from app.schemas.user import MeRead, MeUpdate
from app.services import me

router = APIRouter(prefix="/auth", tags=["auth"])


@router.get("/me", response_model=MeRead)
async def get_me(actor: SignedInAloneDep) -> Principal:
    """The user whose token this is."""
    return actor


@router.patch("/me", response_model=MeRead)
async def update_me(session: SessionDep, actor: SignedInDep, data: MeUpdate) -> Principal:
    return await me.update_me(session, actor, name=data.name)


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    session: SessionDep, state: StateDep, actor: SignedInDep, data: PasswordChange
) -> None:
    """Sets a new password, and ends the user's other sessions."""
    await me.change_password(
        session, state["passwords"], state["auth_server"].throttle, actor, **data.model_dump()
    )
