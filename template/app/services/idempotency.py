"""Requests that come again: a client that got no answer may repeat one, and it takes effect once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError, RetryLaterError, UnprocessableError
from app.crud import idempotency_keys
from app.db.base import now
from app.db.models.idempotency_key import IdempotencyKey


class KeyInUseError(RetryLaterError, ConflictError):
    code = "idempotency_key_in_use"


class KeyReusedError(UnprocessableError):
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that its client may repeat: the key, and whose it is and for which route."""

    user_id: UUID
    route: str
    key: str


async def find_answer(
    session: AsyncSession, attempt: Attempt, *, request_hash: str
) -> IdempotencyKey | None:
    """Returns what was answered before; None if this is the first attempt that succeeds.

    Until the end of the transaction it is the only one. An attempt that fails leaves nothing, so
    the next one is carried out.

    Raises:
        KeyInUseError: another attempt is under way.
        KeyReusedError: the key was another request's.
    """
    if not await idempotency_keys.lock(session, **asdict(attempt)):
        raise KeyInUseError("This very request is being carried out: ask again in a moment")
    answer = await idempotency_keys.get(session, **asdict(attempt))
    if answer is None:
        return None
    if answer.expires_at <= now():
        await idempotency_keys.delete(session, answer)
        return None
    if answer.request_hash != request_hash:
        raise KeyReusedError("This key was used for another request: make a new one")
    return answer


async def keep_answer(
    session: AsyncSession,
    attempt: Attempt,
    *,
    request_hash: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: str,
    lifetime: timedelta,
) -> None:
    """Keeps an answer with what the request has written: both are there, or neither is."""
    await idempotency_keys.create(
        session,
        **asdict(attempt),
        request_hash=request_hash,
        status=status,
        headers=headers,
        body=body,
        expires_at=now() + lifetime,
    )
