from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import old_tokens
from app.core.errors import UnauthorizedError
from app.crud import old_users
from app.db.models.old_user import User


async def log_in(db: AsyncSession, email: str, password: str) -> str:
    user = await old_users.get_user_by_email(db, email)
    if user is None or not old_tokens.verify_password(password, user.hashed_password):
        raise UnauthorizedError("Wrong email or password")
    return old_tokens.make_token(user.id)


async def get_caller(db: AsyncSession, authorization: str) -> User:
    scheme, _, token = authorization.partition(" ")
    user_id = old_tokens.read_token(token) if scheme.lower() == "bearer" else None
    user = await old_users.get_user(db, user_id) if user_id else None
    if user is None or not user.is_active:
        raise UnauthorizedError("Not authenticated")
    return user
