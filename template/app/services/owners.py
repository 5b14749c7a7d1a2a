from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.core.principal import Role
from app.crud import tenants, users
from app.db.models.user import User


async def create_owner(
    session: AsyncSession, *, email: str, password_hash: str, tenant_name: str
) -> User:
    """Makes a user, and a tenant that they own: the first login of a new service.

    Raises:
        ConflictError: if somebody has the e-mail already.
    """
    try:
        user = await users.create(session, email=email.lower(), password_hash=password_hash)
    except IntegrityError as exc:
        raise ConflictError(f"A user with the e-mail {email} exists") from exc
    tenant = await tenants.create(session, name=tenant_name)
    await tenants.add_member(session, tenant.id, user.id, Role.OWNER)
    return user
