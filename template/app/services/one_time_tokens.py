"""Tokens that come by mail: the holder reads the mail of the user's address."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.credentials.opaque_tokens import fingerprint, make_token
from app.core.errors import BadRequestError
from app.crud import one_time_tokens
from app.db.base import now
from app.db.models.one_time_token import Purpose
from app.db.models.user import User

# Long enough for a slow mail server; short, since a reader of old mail could take the account.
_LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=1),
}


class InvalidOneTimeTokenError(BadRequestError):
    """The same for a token that is unknown, used, revoked or expired."""

    code = "invalid_token"


async def issue(session: AsyncSession, user_id: UUID | None, purpose: Purpose) -> str:
    """Returns a new token. Earlier ones stay valid, since anybody may request one.

    Without a user the same statement stores none, and the token is good for nothing.
    """
    token = make_token()
    await one_time_tokens.create(
        session,
        user_id or uuid4(),
        purpose,
        fingerprint=fingerprint(token),
        expires_at=now() + _LIFETIMES[purpose],
    )
    return token


async def get_user(session: AsyncSession, purpose: Purpose, token: str) -> User:
    """Returns the user whom the token was mailed to; raises InvalidOneTimeTokenError as `redeem`."""
    user = await one_time_tokens.get_user(session, purpose, fingerprint(token))
    if user is None:
        raise _invalid()
    return user


async def redeem(session: AsyncSession, purpose: Purpose, token: str) -> None:
    """Deletes a token, and all others of its user for this purpose.

    Raises:
        InvalidOneTimeTokenError: there is no such token, or it has expired.
    """
    user_id = await one_time_tokens.consume(session, purpose, fingerprint(token))
    if user_id is None:
        raise _invalid()
    await one_time_tokens.delete_of(session, user_id, purpose)


def _invalid() -> InvalidOneTimeTokenError:
    return InvalidOneTimeTokenError("This token is not valid, or no longer")
