"""All users of the service, for platform administrators."""

from uuid import UUID

from fastapi import APIRouter

from app.api.deps import PlatformAdminDep, SessionDep
from app.api.paging import PageDep
from app.db.models.user import User
from app.schemas.page import Page
from app.schemas.user import UserRead
from app.services import users

router = APIRouter(prefix="/users", tags=["users"])


@router.get("", response_model=Page[UserRead])
async def list_users(
    session: SessionDep, actor: PlatformAdminDep, page: PageDep
) -> dict[str, object]:
    return page.cut(await users.list_users(session, **page.query))


@router.post("/{user_id}/disable", response_model=UserRead)
async def disable_user(session: SessionDep, actor: PlatformAdminDep, user_id: UUID) -> User:
    """Ends a user's sessions, and lets them begin no other."""
    return await users.disable_user(session, actor, user_id)


@router.post("/{user_id}/enable", response_model=UserRead)
async def enable_user(session: SessionDep, actor: PlatformAdminDep, user_id: UUID) -> User:
    return await users.enable_user(session, actor, user_id)
