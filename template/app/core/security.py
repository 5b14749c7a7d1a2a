"""Password hashes (Argon2id). Pure computation: no database, no framework."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from passlib.context import CryptContext
from passlib.exc import UnknownHashError

from app.core.errors import ServiceUnavailableError

# In characters; it bounds the work of a hash.
MAX_PASSWORD_LENGTH = 256
# A hash takes some 50 ms of a worker: the last in the queue waits for less than a second.
QUEUE_PER_WORKER = 16

ResultT = TypeVar("ResultT")

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)

# Verified where there is none, so that an unknown e-mail costs what a wrong password costs.
_HASH_OF_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$1LqXkrLW2hujNEZoTWmN8Q$5+3G25btfX+cAITBKPcT0PRwS0Dx/W8wwOkTEPZ6XWM"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password fits, and the hash to store from now on if its parameters changed."""

    fits: bool
    new_hash: str | None = None

    def __bool__(self) -> bool:
        """Without this, `if await hasher.verify(...)` would let everybody in."""
        return self.fits


class PasswordHasher:
    """Hashes in threads, a few at a time: each hash takes 19 MiB and a core for its duration.

    Both methods raise ServiceUnavailableError when too many wait already.
    """

    def __init__(self, workers: int) -> None:
        self._limiter = CapacityLimiter(workers)
        self._capacity = workers * (1 + QUEUE_PER_WORKER)
        self._inside = 0

    async def hash(self, password: str) -> str:
        """Returns a hash of the password.

        Raises:
            ValueError: for a longer one than may be set; app/core/credentials/password_policy.py says so first.
        """
        return await self._run(lambda: _hash(password))

    async def verify(self, password: str, hashed: str | None) -> Verdict:
        """Checks a password at the cost of one hash, whatever it and the stored hash are.

        Without a stored hash nothing fits. One with other parameters costs a second hash.
        """
        return await self._run(lambda: _verify(password, hashed))

    async def _run(self, compute: Callable[[], ResultT]) -> ResultT:
        if self._inside >= self._capacity:
            raise ServiceUnavailableError("Too many passwords are being checked at the moment")
        self._inside += 1
        try:
            return await to_thread.run_sync(compute, limiter=self._limiter)
        finally:
            self._inside -= 1


def normalise(password: str) -> str:
    """Returns the form that is counted and hashed: the same one for all ways to type a character.

    Of a text that is much too long it returns a part that is still too long.
    """
    # NFC composes a character of four at the most.
    return unicodedata.normalize("NFC", password[: 4 * MAX_PASSWORD_LENGTH + 1])


def _hash(password: str) -> str:
    normal = normalise(password)
    if len(normal) > MAX_PASSWORD_LENGTH:
        raise ValueError("longer than a password may be")
    return _context.hash(_encode(normal))


def _verify(password: str, hashed: str | None) -> Verdict:
    # One character too many is kept: what is longer than any password fits none.
    secret = _encode(normalise(password)[: MAX_PASSWORD_LENGTH + 1])
    try:
        return Verdict(*_context.verify_and_update(secret, hashed or ""))
    except (ValueError, UnknownHashError):
        # That there is no hash was found out for nothing, which would tell it to who asks.
        _context.verify(secret, _HASH_OF_NOBODY)
        return Verdict(False)


def _encode(password: str) -> bytes:
    # Half a surrogate pair is in no password that was set, but anybody may send one.
    return password.encode("utf-8", "surrogatepass")
