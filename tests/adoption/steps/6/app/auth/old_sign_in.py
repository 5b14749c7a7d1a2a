from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.old_tokens import OldTokens, verify_password
from app.core.credentials.emails import normalize_email
from app.core.errors import UnauthorizedError
from app.core.principal import Principal
from app.crud import old_users, users

KIND = "old_token"


async def log_in(session: AsyncSession, tokens: OldTokens, email: str, password: str) -> str:
    user = await users.get_by_email(session, normalize_email(email))
    known = user and user.legacy_id and user.disabled_at is None
    if not user or not known or not verify_password(password, user.password_hash):
        raise UnauthorizedError("Wrong email or password")
    return tokens.make(user.legacy_id or 0)


async def find_caller(session: AsyncSession, tokens: OldTokens, token: str) -> Principal | None:
    legacy_id = tokens.read(token)
    row = await old_users.get_caller(session, legacy_id) if legacy_id else None
    if row is None:
        return None
    return Principal(kind=KIND, id=row.id, tenant_id=row.tenant_id, role=row.role, email=row.email)
