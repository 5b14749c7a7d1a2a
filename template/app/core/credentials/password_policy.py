"""Which passwords may be set, after NIST SP 800-63B: long ones, and not those that are guessed first."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.errors import UnprocessableError
from app.core.security import MAX_PASSWORD_LENGTH, PasswordHasher, normalize
from app.core.settings import project

COMMON_PASSWORDS = Path(__file__).parents[2] / "data" / "common-passwords.txt"
# How long its entries are, the longest first.
_COMMON_LENGTHS = range(20, 7, -1)
# As many characters of a password must be its own, whatever its full length.
MIN_OWN_LENGTH = 8


class WeakPasswordError(UnprocessableError):
    """A password that may not be set. `rule` is stable; the message does not repeat the password."""

    title = "Weak password"
    code = "weak_password"

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def check_password(password: str, *, email: str, min_length: int) -> None:
    """Lets a password pass that may be set for the user with this e-mail.

    Raises:
        WeakPasswordError: naming the first rule that it breaks.
    """
    normal = normalize(password)
    if len(normal) < min_length:
        raise WeakPasswordError("too_short", f"A password has at least {min_length} characters")
    if len(normal) > MAX_PASSWORD_LENGTH:
        raise WeakPasswordError(
            "too_long", f"A password has at most {MAX_PASSWORD_LENGTH} characters"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in normal):
        raise WeakPasswordError("not_text", "A password has no control characters")
    folded = normal.casefold()
    if _is_repetition(folded):
        raise WeakPasswordError("repeated", "A password is more than a few characters repeated")
    if len(without_names := _without_names(folded, email)) < MIN_OWN_LENGTH:
        raise WeakPasswordError(
            "familiar", "A password is more than your e-mail or the name of this service"
        )
    if _count_uncommon(without_names) < MIN_OWN_LENGTH:
        raise WeakPasswordError(
            "common", "This is one of the commonest passwords, or little more: it is guessed first"
        )


def _is_repetition(text: str) -> bool:
    """Whether it is the same few characters again and again, the last time perhaps cut off."""
    return any(text[size:] == text[:-size] for size in range(1, MIN_OWN_LENGTH))


def _without_names(text: str, email: str) -> str:
    names = {
        email,
        email.partition("@")[0],
        project.NAME,
        project.SLUG,
        project.SLUG.replace("-", ""),
    }
    for name in sorted(names, key=len, reverse=True):
        # A short one is in many words by chance.
        if len(name) > 3:
            text = text.replace(name.casefold(), "")
    return text


def _count_uncommon(text: str) -> int:
    """Counts the characters that are not in a common password; the longest of these go first."""
    common = _common_passwords()
    place = count = 0
    while place < len(text):
        found = (size for size in _COMMON_LENGTHS if text[place : place + size] in common)
        size = next(found, 0)
        place += size or 1
        count += not size
    return count


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(COMMON_PASSWORDS.read_text().splitlines())


@dataclass(frozen=True, slots=True)
class NewPasswords:
    """Hashes passwords that are being set, and only those that may be."""

    hasher: PasswordHasher
    min_length: int

    async def hash(self, password: str, *, email: str) -> str:
        """Returns the hash to store for the user with this e-mail.

        Raises:
            WeakPasswordError: the password may not be set.
        """
        check_password(password, email=email, min_length=self.min_length)
        return await self.hasher.hash(password)
