from typing import Annotated

from fastapi import APIRouter, Form, Response

from app.api.deps import SessionDep, SignedInDep, StateDep
from app.auth.passwords import grant
from app.core.principal import Principal
from app.schemas.token import TokenRead, TokenRequest
from app.schemas.user import MeRead

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/token")
async def create_token(
    session: SessionDep, state: StateDep, form: Annotated[TokenRequest, Form()], response: Response
) -> TokenRead:
    """Signs in (RFC 6749): the form takes `grant_type=password`, `username` and `password`."""
    response.headers["Cache-Control"] = "no-store"
    token = await grant(session, state["hasher"], state["codec"], **form.model_dump())
    return TokenRead(access_token=token, expires_in=int(state["codec"].ttl.total_seconds()))


@router.get("/me", response_model=MeRead)
async def get_me(principal: SignedInDep) -> Principal:
    """The user whose token this is."""
    return principal
