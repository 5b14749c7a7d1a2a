"""Tokens that come by mail: who has one reads the mail of its user's address."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import BadRequestError
from app.core.opaque_tokens import fingerprint, make_token
from app.crud import one_time_tokens
from app.db.base import now
from app.db.models.one_time_token import Purpose

# Long enough for a slow mail server; short, for who reads an old mailbox takes the account over.
_LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=1),
}


class InvalidTokenError(BadRequestError):
    """The same for a token that is unknown, used, revoked or expired."""

    code = "invalid_token"


async def issue(session: AsyncSession, user_id: UUID, purpose: Purpose) -> str:
    """Returns a new token. Earlier ones stay good: who asks in vain must not void another's."""
    token = make_token()
    await one_time_tokens.create(
        session,
        user_id,
        purpose,
        fingerprint=fingerprint(token),
        expires_at=now() + _LIFETIMES[purpose],
    )
    return token


async def get_email(session: AsyncSession, purpose: Purpose, token: str) -> str:
    """Returns the address that the token was mailed to; raises InvalidTokenError as `redeem`."""
    email = await one_time_tokens.get_email(session, purpose, fingerprint(token))
    if email is None:
        raise _invalid()
    return email


async def redeem(session: AsyncSession, purpose: Purpose, token: str) -> UUID:
    """Uses a token up, with all others of its purpose, and returns whose it was.

    Raises:
        InvalidTokenError: there is no such token that is still good.
    """
    user_id = await one_time_tokens.take(session, purpose, fingerprint(token))
    if user_id is None:
        raise _invalid()
    await one_time_tokens.delete_of(session, user_id, purpose)
    return user_id


def _invalid() -> InvalidTokenError:
    return InvalidTokenError("This token is not valid, or not any more")
