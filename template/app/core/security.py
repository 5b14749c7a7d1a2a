"""Password hashes (Argon2id). Pure computation: no database, no framework."""

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from passlib.context import CryptContext
from passlib.registry import get_crypt_handler
from prometheus_client import Counter, Gauge

from app.core.credentials.legacy_passwords import LegacyScheme
from app.core.errors import ServiceUnavailableError
from app.core.metrics.gauges import Reading

# In characters; it bounds the work of a hash.
MAX_PASSWORD_LENGTH = 256
# A hash takes some 50 ms of a worker: the last in the queue waits for less than a second.
QUEUE_PER_WORKER = 16

ResultT = TypeVar("ResultT")

pending = Gauge(
    "password_hashes_pending",
    "Passwords that are being hashed or wait for it.",
    multiprocess_mode="livesum",
)
capacity = Gauge(
    "password_hashes_capacity",
    "Passwords that may be pending; one more is refused.",
    multiprocess_mode="livesum",
)
refused = Counter("password_hashes_refused", "Passwords that were not hashed, for lack of room.")

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)

# What a stored hash may take, as another backend or earlier parameters made it: 128 MiB, and some 30 times
# the work of one of today's. Without a bound a row decides how long a thread computes, in terabytes.
MAX_MEMORY = 128 * 1024
MAX_WORK = 4 * MAX_MEMORY
MAX_LANES = 16
_argon2: Any = get_crypt_handler("argon2")

# Verified in place of a missing hash: an unknown e-mail then costs as much as a wrong password.
_DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$1LqXkrLW2hujNEZoTWmN8Q$5+3G25btfX+cAITBKPcT0PRwS0Dx/W8wwOkTEPZ6XWM"
)


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Whether a password matches, and the hash to store if its parameters are outdated."""

    matches: bool
    new_hash: str | None = None

    def __bool__(self) -> bool:
        """Without this, `if await hasher.verify(...)` would accept every password."""
        return self.matches


class PasswordHasher:
    """Hashes in threads, a few at a time: each hash takes 19 MiB and a core for its duration.

    Both methods raise ServiceUnavailableError when the queue is full.
    """

    def __init__(self, workers: int, legacy: Sequence[LegacyScheme] = ()) -> None:
        self._legacy = legacy
        for scheme in legacy:
            scheme.load()
        self._limiter = CapacityLimiter(workers)
        self._capacity = workers * (1 + QUEUE_PER_WORKER)
        self._pending = 0

    async def hash(self, password: str) -> str:
        """Returns a hash of the password.

        Raises:
            ValueError: for one that is too long, which credentials/password_policy.py refuses first.
        """
        return await self._run(lambda: _hash(password))

    async def verify(self, password: str, hashed: str | None) -> PasswordCheck:
        """Checks a password at the cost of one hash, whatever it and the stored hash are.

        Without a stored hash, or with one beyond the bounds above, no password matches. Outdated
        parameters cost a second hash, and so does the hash of a legacy scheme; each of these schemes
        costs one of its own besides, in every check.
        """
        return await self._run(lambda: self._verify(password, hashed or ""))

    def _verify(self, password: str, hashed: str) -> PasswordCheck:
        tried = password[: MAX_PASSWORD_LENGTH + 1]
        # All of them, also after one that matches.
        matching = [scheme for scheme in self._legacy if scheme.verify(tried, hashed)]
        check = _verify_argon2(password, hashed)
        if matching and len(normalize(password)) <= MAX_PASSWORD_LENGTH:
            return PasswordCheck(True, _hash(password))
        return check

    def readings(self) -> list[Reading]:
        return [
            Reading(pending, lambda: self._pending),
            Reading(capacity, lambda: self._capacity),
        ]

    async def _run(self, compute: Callable[[], ResultT]) -> ResultT:
        if self._pending >= self._capacity:
            refused.inc()
            raise ServiceUnavailableError("Too many passwords are being checked at the moment")
        self._pending += 1
        try:
            return await to_thread.run_sync(compute, limiter=self._limiter)
        finally:
            self._pending -= 1


def normalize(password: str) -> str:
    """Returns the form that is counted and hashed: the same one for all ways to type a character.

    A text that is much too long is cut to a part that is still too long.
    """
    # NFC composes a character of four at the most.
    return unicodedata.normalize("NFC", password[: 4 * MAX_PASSWORD_LENGTH + 1])


def _hash(password: str) -> str:
    normal = normalize(password)
    if len(normal) > MAX_PASSWORD_LENGTH:
        raise ValueError("longer than a password may be")
    return _context.hash(_encode(normal))


def _verify_argon2(password: str, hashed: str) -> PasswordCheck:
    # One character too many is kept: what is longer than any password matches none.
    secret = _encode(normalize(password)[: MAX_PASSWORD_LENGTH + 1])
    # Of another scheme, broken, or with a key, which passlib does not implement.
    with suppress(ValueError, NotImplementedError):
        if _is_affordable(hashed):
            return PasswordCheck(*_context.verify_and_update(secret, hashed))
    # Without a hash to verify this took no time, which would tell that there is no account.
    _context.verify(secret, _DUMMY_HASH)
    return PasswordCheck(False)


def _is_affordable(hashed: str) -> bool:
    cost = _argon2.from_string(hashed)
    return bool(
        cost.memory_cost <= MAX_MEMORY
        and cost.memory_cost * cost.rounds <= MAX_WORK
        and cost.parallelism <= MAX_LANES
    )


def _encode(password: str) -> bytes:
    # No password has half a surrogate pair, but anybody may send one.
    return password.encode("utf-8", "surrogatepass")
