"""Kinds of credentials besides access tokens: what `extensions.authenticators` lists."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.credentials.authorization import Credentials
from app.core.principal import USER, Principal

Verify = Callable[[AsyncSession, str], Awaitable[Principal | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """Verifies the tokens of a scheme that begin with a prefix: `Authorization: ApiKey key_...`.

    `verify` gets a session that acts in no tenant yet, and the token. It returns the caller with this
    `kind`, or None if the token is not valid. It runs for every request: keep no caller.

    Raises:
        ValueError: a kind, scheme or prefix that would take what is the platform's.
    """

    kind: str
    scheme: str
    prefix: str = ""
    verify: Verify

    def __post_init__(self) -> None:
        if not self.kind or self.kind == USER:
            raise ValueError(f"an authenticator's kind is a name of its own, not {self.kind!r}")
        if not self.scheme.isascii() or self.scheme != self.scheme.lower():
            raise ValueError(f"write the scheme {self.scheme!r} in lower case")
        if self.scheme == "bearer" and not self.prefix:
            raise ValueError("bearer tokens need a prefix: others are access tokens")

    def takes(self, credentials: Credentials) -> bool:
        return credentials.scheme == self.scheme and credentials.token.startswith(self.prefix)
