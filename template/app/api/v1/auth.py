from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, status

from app.api.deps import ClientDep, SessionDep, SignedInDep, StateDep
from app.api.paging import PageDep
from app.auth import sessions
from app.auth.token_endpoint import exchange_grant
from app.schemas.page import Page
from app.schemas.token import TokenErrorRead, TokenRead, TokenRequest
from app.schemas.user_session import UserSessionRead

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/token", responses={400: {"model": TokenErrorRead, "description": "An OAuth error"}})
async def create_token(
    session: SessionDep,
    state: StateDep,
    client: ClientDep,
    form: Annotated[TokenRequest, Form()],
) -> TokenRead:
    """Signs in or refreshes (RFC 6749): a form with `grant_type` `password` or `refresh_token`."""
    auth_server = state["auth_server"]
    tokens = await exchange_grant(
        state["database"], session, auth_server, client, **form.model_dump()
    )
    return TokenRead(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=int(auth_server.codec.ttl.total_seconds()),
    )


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(session: SessionDep, actor: SignedInDep) -> None:
    """Revokes this session."""
    await sessions.revoke_session(session, actor, actor.require_session())


@router.post("/logout-all", status_code=status.HTTP_204_NO_CONTENT)
async def logout_all(session: SessionDep, actor: SignedInDep) -> None:
    """Revokes every session of the user."""
    await sessions.revoke_all_sessions(session, actor)


@router.get("/sessions", response_model=Page[UserSessionRead])
async def list_sessions(
    session: SessionDep, actor: SignedInDep, page: PageDep
) -> dict[str, object]:
    return page.cut(await sessions.list_sessions(session, actor, **page.query))


@router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_session(session: SessionDep, actor: SignedInDep, session_id: UUID) -> None:
    await sessions.revoke_session(session, actor, session_id)
