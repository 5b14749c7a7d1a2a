from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.authorization_server import AuthorizationServer, Client
from app.auth.old_tokens import OldTokens
from app.auth.password_sign_in import sign_in
from app.core.credentials.emails import normalize_email
from app.core.errors import OAuthError, UnauthorizedError
from app.core.principal import Principal
from app.crud import old_users
from app.db.session import Database

KIND = "old_token"


async def log_in(
    database: Database,
    session: AsyncSession,
    auth_server: AuthorizationServer,
    client: Client,
    *,
    email: str,
    password: str,
) -> str:
    """Signs in as the token endpoint does, and says what went wrong as the old path did."""
    address = normalize_email(email)
    try:
        tokens = await sign_in(
            *(database, session, auth_server, client),
            email=address,
            password=password,
            tenant_id=None,
        )
    except OAuthError as exc:
        raise UnauthorizedError("Wrong email or password") from exc
    return tokens.access_token


async def find_caller(session: AsyncSession, tokens: OldTokens, token: str) -> Principal | None:
    legacy_id = tokens.read(token)
    row = await old_users.get_caller(session, legacy_id) if legacy_id else None
    if row is None:
        return None
    return Principal(kind=KIND, id=row.id, tenant_id=row.tenant_id, role=row.role, email=row.email)
