from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFoundError
from app.core.principal import Principal
from app.crud import old_users
from app.db.models.user import User


async def get_me(session: AsyncSession, actor: Principal) -> User:
    user = await old_users.get(session, actor.id)
    if user is None:
        raise NotFoundError("No such user")
    return user
