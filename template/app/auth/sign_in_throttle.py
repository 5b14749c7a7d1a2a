"""How guessing passwords is slowed down, without telling who signed in from where."""

from dataclasses import dataclass
from uuid import UUID

from app.core.audit import SecurityEvent, report
from app.core.errors import TooManyRequestsError
from app.core.limits.throttle import (
    Throttle,
    ThrottleKey,
    account_key,
    address_key,
    known_address_key,
    known_key,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in that was counted: for the account, and for the network address.

    With a `wait` the account or the address has used up its attempts. The password then only counts
    where the user has signed in before, which no stranger can use up, and every failure is 429.
    """

    account: ThrottleKey
    address: ThrottleKey
    wait: float


async def reserve_attempt(
    throttle: Throttle, email: str, address: str, user_id: UUID | None
) -> Attempt:
    """Counts an attempt alike for every e-mail; `user_id` is for the log.

    Raises:
        TooManyRequestsError: the further attempts are used up as well; nothing is to be hashed.
    """
    keys = account_key(email), address_key(address)
    wait = await throttle.reserve(keys)
    if not wait:
        return Attempt(*keys, wait=0)
    keys = known_key(email, address), known_address_key(address)
    if await throttle.reserve(keys):
        raise throttled(wait, user_id)
    return Attempt(*keys, wait=wait)


def throttled(wait: float, user_id: UUID | None) -> TooManyRequestsError:
    report(SecurityEvent.SIGN_IN_THROTTLED, actor_id=user_id)
    return TooManyRequestsError("Too many attempts to sign in", retry_after=wait)


async def succeed(throttle: Throttle, attempt: Attempt) -> None:
    """Gives the account new attempts, and the address this one back.

    No more to the address: an account of one's own would give new guesses at all others.
    """
    await throttle.forget([attempt.account])
    await throttle.release([attempt.address])


async def release(throttle: Throttle, attempt: Attempt) -> None:
    """Takes the attempt back: the password was not checked."""
    await throttle.release([attempt.account, attempt.address])
