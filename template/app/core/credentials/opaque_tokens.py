"""Tokens that say nothing by themselves. Only their fingerprints are stored."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self

_BYTES = 32
# The length of token_urlsafe(_BYTES), which every part of a token has.
_LENGTH = 43


def make_token() -> str:
    """Returns 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(_BYTES)


def fingerprint(token: str) -> str:
    """Returns what is stored of a token. It has too many bits to be guessed from a fast hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Names its family, which stays, and holds a secret, which each use replaces.

    Only holders of a token of the family know the family's name. So a request with the name
    and an old secret holds a token that was used before, and is not just guessing.
    """

    family: str
    secret: str

    @classmethod
    def make(cls) -> Self:
        return cls(make_token(), make_token())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what `str` wrote; None if it did not."""
        family, _, secret = text.partition(".")
        return cls(family, secret) if len(family) == len(secret) == _LENGTH else None

    def successor(self, salt: str) -> Self:
        """Returns the next token, always the same one for a salt.

        Two requests that use one token at once can so be given one successor, although no token
        is stored; and who reads the salt in the database cannot make a token from it.
        """
        digest = hmac.digest(self.secret.encode(), salt.encode(), "sha256")
        secret = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return type(self)(self.family, secret)

    def __str__(self) -> str:
        return f"{self.family}.{self.secret}"
