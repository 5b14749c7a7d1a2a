"""What the command line does to users."""

from pydantic import EmailStr, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.credentials.emails import normalize_email
from app.core.credentials.password_policy import WeakPasswordError, check_password
from app.core.errors import NotFoundError
from app.core.principal import Role
from app.crud import memberships, tenants, users
from app.db.constraints import conflict_if_taken
from app.db.models.user import UNIQUE_EMAIL, User


def find_login_faults(email: str, password: str, tenant_name: str, *, min_length: int) -> list[str]:
    """Returns what is wrong with a login and the tenant to make with it."""
    faults = []
    try:
        TypeAdapter(EmailStr).validate_python(email)
    except ValidationError:
        faults.append(f"{email!r} is not an e-mail address")
    try:
        check_password(password, email=email, min_length=min_length)
    except WeakPasswordError as exc:
        faults.append(str(exc))
    if not 1 <= len(tenant_name.strip()) <= 100:
        faults.append("a tenant's name has 1 to 100 characters")
    return faults


async def create_owner(
    session: AsyncSession, *, email: str, password_hash: str, tenant_name: str
) -> User:
    """Makes a user whose address counts as confirmed, and a tenant that they own.

    Raises:
        ConflictError: if somebody has the e-mail already.
    """
    with conflict_if_taken(UNIQUE_EMAIL, f"A user with the e-mail {email} exists"):
        user = await users.create(
            session, email=normalize_email(email), password_hash=password_hash
        )
    await users.set_verified(session, user.id)
    tenant = await tenants.create(session, name=tenant_name)
    await memberships.create(session, tenant.id, user.id, Role.OWNER)
    return user


async def set_platform_admin(session: AsyncSession, *, email: str, is_admin: bool) -> None:
    """Makes a user a platform administrator, or one no longer.

    Raises:
        NotFoundError: nobody has the e-mail.
    """
    user = await users.get_by_email(session, normalize_email(email))
    if user is None:
        raise NotFoundError(f"There is no user with the e-mail {email}")
    await users.update(session, user, {"is_platform_admin": is_admin})
