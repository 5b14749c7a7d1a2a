"""The authorization server (RFC 6749): what sign-in and refresh need, and what they return."""

from dataclasses import dataclass
from datetime import timedelta

from app.core.credentials.jwt import TokenCodec
from app.core.errors import OAuthError
from app.core.limits.throttle import Throttle
from app.core.security import PasswordHasher


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lasts in all and unused, and what signing in requires."""

    lifetime: timedelta
    idle: timedelta
    # How long a refresh token that was just replaced returns the same successor again.
    grace: timedelta
    requires_verified_email: bool


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """What issues and refreshes sessions, held by the process."""

    codec: TokenCodec
    hasher: PasswordHasher
    throttle: Throttle
    policy: SessionPolicy


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: a network address, and the user agent that it claims."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What the token endpoint returns."""

    access_token: str
    refresh_token: str


def invalid_grant() -> OAuthError:
    """The same error for every reason, so that no response tells who has an account."""
    return OAuthError("invalid_grant", "These credentials are not valid, or not confirmed yet")
