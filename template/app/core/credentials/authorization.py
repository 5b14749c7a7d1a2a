"""The credentials of a request: its Authorization header (RFC 9110, section 11.4)."""

from dataclasses import dataclass, field

from app.core.credentials.jwt import AccessClaims, InvalidTokenError, TokenCodec


@dataclass(frozen=True, slots=True)
class Credentials:
    """A scheme, in lower case, and a token; both are empty when the request has no credentials.

    `claims` are those of a valid access token. Every other credential has none until somebody
    verifies it, which may take the database.
    """

    scheme: str = ""
    token: str = field(default="", repr=False)
    claims: AccessClaims | None = None


def read_credentials(header: str, codec: TokenCodec) -> Credentials:
    """Reads the header, and verifies the token if it is an access token of this service."""
    scheme, _, token = header.partition(" ")
    scheme, token = scheme.lower(), token.strip()
    claims = _verify(codec, token) if scheme == "bearer" else None
    return Credentials(scheme, token, claims)


def _verify(codec: TokenCodec, token: str) -> AccessClaims | None:
    try:
        return codec.verify(token)
    except InvalidTokenError:
        return None
