from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import now
from app.db.models.one_time_token import OneTimeToken, Purpose
from app.db.models.user import User


async def create(
    session: AsyncSession,
    user_id: UUID,
    purpose: Purpose,
    *,
    fingerprint: str,
    expires_at: datetime,
) -> None:
    """Makes a token of the user; by the same statement none, if there is no such user."""
    values = {
        OneTimeToken.id: uuid4(),
        OneTimeToken.created_at: now(),
        OneTimeToken.purpose: purpose,
        OneTimeToken.fingerprint: fingerprint,
        OneTimeToken.expires_at: expires_at,
    }
    row = [literal(value, column.type) for column, value in values.items()]
    await session.execute(
        insert(OneTimeToken).from_select(
            [*values, OneTimeToken.user_id], select(*row, User.id).where(User.id == user_id)
        )
    )


async def get_user(session: AsyncSession, purpose: Purpose, fingerprint: str) -> User | None:
    """Returns the user whose token it is; None if it is not good any more."""
    return await session.scalar(
        select(User)
        .join(OneTimeToken, OneTimeToken.user_id == User.id)
        .where(*_is_good(purpose, fingerprint))
    )


async def consume(session: AsyncSession, purpose: Purpose, fingerprint: str) -> UUID | None:
    """Deletes a valid token and returns its user; None if there is none."""
    return await session.scalar(
        delete(OneTimeToken).where(*_is_good(purpose, fingerprint)).returning(OneTimeToken.user_id)
    )


def _is_good(purpose: Purpose, fingerprint: str) -> list[ColumnElement[bool]]:
    return [
        OneTimeToken.fingerprint == fingerprint,
        OneTimeToken.purpose == purpose,
        OneTimeToken.expires_at > now(),
    ]


async def delete_of(session: AsyncSession, user_id: UUID, purpose: Purpose) -> None:
    await session.execute(
        delete(OneTimeToken).where(OneTimeToken.user_id == user_id, OneTimeToken.purpose == purpose)
    )
