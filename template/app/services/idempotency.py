"""Repeated requests: a client that got no response may send one again, and it takes effect once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError, RetryLaterError, UnprocessableError
from app.crud import idempotency_keys
from app.db.base import now
from app.db.models.idempotency_key import IdempotencyKey

keyed_requests = Counter(
    "idempotency_keyed_requests",
    "Requests with an Idempotency-Key: `first`, `replayed`, or refused as `in_use` or `reused`.",
    ["outcome"],
)

for outcome in ("first", "replayed", "in_use", "reused"):
    keyed_requests.labels(outcome)


class KeyInUseError(RetryLaterError, ConflictError):
    code = "idempotency_key_in_use"


class KeyReusedError(UnprocessableError):
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that its client may repeat: a caller's key for a route."""

    actor_id: UUID
    route: str
    key: str


async def find_response(
    session: AsyncSession, attempt: Attempt, *, request_hash: str
) -> IdempotencyKey | None:
    """Returns the stored response; None if no attempt has succeeded yet.

    Locks the key until the end of the transaction. An attempt that fails stores nothing, so the
    next one is processed.

    Raises:
        KeyInUseError: another attempt is being processed.
        KeyReusedError: the key was another request's.
    """
    if not await idempotency_keys.lock(session, **asdict(attempt)):
        keyed_requests.labels("in_use").inc()
        raise KeyInUseError("This request is being processed: send it again in a moment")
    stored = await idempotency_keys.get(session, **asdict(attempt))
    if stored is not None and stored.expires_at <= now():
        await idempotency_keys.delete(session, stored)
        stored = None
    if stored is None:
        keyed_requests.labels("first").inc()
        return None
    if stored.request_hash != request_hash:
        keyed_requests.labels("reused").inc()
        raise KeyReusedError("This key was used for another request: make a new one")
    keyed_requests.labels("replayed").inc()
    return stored


async def store_response(
    session: AsyncSession,
    attempt: Attempt,
    *,
    request_hash: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: str,
    lifetime: timedelta,
) -> None:
    """Stores a response in the transaction of the request: both are committed, or neither is."""
    await idempotency_keys.create(
        session,
        **asdict(attempt),
        request_hash=request_hash,
        status=status,
        headers=headers,
        body=body,
        expires_at=now() + lifetime,
    )
