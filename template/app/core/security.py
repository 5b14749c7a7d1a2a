"""Password hashes (Argon2id). Pure computation: no database, no framework."""

from anyio import CapacityLimiter, to_thread
from passlib.context import CryptContext
from passlib.exc import UnknownHashError

# NIST SP 800-63B: the length is what counts. The maximum bounds the work of a hash.
MIN_PASSWORD_LENGTH = 15
MAX_PASSWORD_LENGTH = 256

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)

# Verified when there is no such user, so that an unknown e-mail costs what a wrong password costs.
_HASH_OF_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$1LqXkrLW2hujNEZoTWmN8Q$5+3G25btfX+cAITBKPcT0PRwS0Dx/W8wwOkTEPZ6XWM"
)


class PasswordHasher:
    """Hashes in threads, a few at a time: each hash takes 19 MiB and a core for its duration."""

    def __init__(self, workers: int) -> None:
        self._limiter = CapacityLimiter(workers)

    async def hash(self, password: str) -> str:
        hashed: str = await to_thread.run_sync(_context.hash, password, limiter=self._limiter)
        return hashed

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Returns whether the password fits; always False, at the same cost, without a hash."""
        fits = await to_thread.run_sync(
            _verify, password, hashed or _HASH_OF_NOBODY, limiter=self._limiter
        )
        return fits and hashed is not None


def _verify(password: str, hashed: str) -> bool:
    try:
        return _context.verify(password, hashed)
    except (ValueError, UnknownHashError):
        return False
