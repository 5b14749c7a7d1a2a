"""Hashes that another backend made. They verify until a sign-in replaces them.

Once a scheme is named, each check of a password costs as much as its most expensive hash that is
accepted, whatever is stored: otherwise the time of a response would tell who has an account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from passlib.registry import get_crypt_handler

BCRYPT = "bcrypt"
# Bounds on what a team may accept: about a second. bcrypt counts in powers of two.
MOST_ROUNDS = {BCRYPT: 14, "pbkdf2_sha256": 2_000_000, "pbkdf2_sha512": 2_000_000}
LEAST_BCRYPT_ROUNDS = 4
# bcrypt reads no further. Its library refuses longer passwords by now; the one that hashed them cut them.
MAX_BCRYPT_BYTES = 72


@dataclass(frozen=True, slots=True)
class LegacyScheme:
    """A scheme by its name in passlib, and the most rounds of a hash that is verified."""

    name: str
    max_rounds: int

    def load(self) -> None:
        """Loads the library. passlib does so with the first hash, and fails if two threads have one."""
        self._handler.using(rounds=LEAST_BCRYPT_ROUNDS, relaxed=True).hash("unused")

    def verify(self, password: str, hashed: str) -> bool:
        """Whether a hash of this scheme is that of the password, as it was typed, not normalized."""
        secret = password.encode("utf-8", "surrogatepass")
        spent = None
        matches = False
        try:
            rounds = self._handler.from_string(hashed).rounds
            if rounds <= self.max_rounds:
                matches = self._handler.verify(secret[: self._max_bytes], hashed)
                spent = rounds
        except ValueError:
            # Of another scheme, broken, or a password that bcrypt refuses, which took no time.
            pass
        for each in self._left(spent):
            self._handler.using(rounds=each, relaxed=True).hash("unused")
        return matches

    @property
    def _handler(self) -> Any:
        return get_crypt_handler(self.name)

    @property
    def _max_bytes(self) -> int | None:
        return MAX_BCRYPT_BYTES if self.name == BCRYPT else None

    def _left(self, spent: int | None) -> Sequence[int]:
        """Returns the rounds of further hashes, so that with what was spent they cost `max_rounds`."""
        if spent is None:
            return [self.max_rounds]
        if self.name == BCRYPT:
            return range(spent, self.max_rounds)
        return [self.max_rounds - spent] if spent < self.max_rounds else []
