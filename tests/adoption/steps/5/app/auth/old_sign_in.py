from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.old_tokens import OldTokens, verify_password
from app.core.errors import UnauthorizedError
from app.crud import old_users
from app.db.models.old_user import User


async def log_in(db: AsyncSession, tokens: OldTokens, email: str, password: str) -> str:
    user = await old_users.get_user_by_email(db, email)
    if user is None or not verify_password(password, user.hashed_password):
        raise UnauthorizedError("Wrong email or password")
    return tokens.make(user.id)


async def get_caller(db: AsyncSession, tokens: OldTokens, authorization: str) -> User:
    scheme, _, token = authorization.partition(" ")
    user_id = tokens.read(token) if scheme.lower() == "bearer" else None
    user = await old_users.get_user(db, user_id) if user_id else None
    if user is None or not user.is_active:
        raise UnauthorizedError("Not authenticated")
    return user
