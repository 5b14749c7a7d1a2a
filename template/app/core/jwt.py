"""Access tokens (RFC 9068): the only module that knows how they are signed.

The library checks a signature and the usual claims; it also accepts forms of a token that are not
canonical, ignores `crit`, and lets hostile headers raise errors of several kinds. Everything that it
leaves open is closed here, before or after it is asked.
"""

import base64
import binascii
import hashlib
import json
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from jose import jwt
from jose.exceptions import JOSEError

ALGORITHM = "HS256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the name of a media type, not a secret
LEEWAY_SECONDS = 5
MIN_SECRET_BYTES = 32
MAX_TOKEN_LENGTH = 4096

_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_REQUIRED = ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")
_OPTIONS = {"leeway": LEEWAY_SECONDS, **{f"require_{claim}": True for claim in _REQUIRED}}


class InvalidTokenError(Exception):
    """The token is not one that this service issued and that is valid now."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid token says: a user, and the tenant to act in."""

    user_id: UUID
    tenant_id: UUID | None


class TokenCodec:
    """Issues and verifies access tokens with one HMAC key.

    Raises:
        ValueError: if the key is shorter than the hash (RFC 7518, section 3.2).
    """

    def __init__(self, *, secret: str, issuer: str, audience: str, ttl: timedelta) -> None:
        if len(secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"the key must have at least {MIN_SECRET_BYTES} bytes")
        kid = hashlib.sha256(secret.encode()).hexdigest()[:8]
        self._key = secret
        self._header = {"typ": TOKEN_TYPE, "kid": kid}
        self._issuer = issuer
        self._audience = audience
        self.ttl = ttl

    def issue(self, claims: AccessClaims) -> str:
        now = int(time.time())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.user_id),
            "tid": str(claims.tenant_id) if claims.tenant_id else None,
            "iat": now,
            "nbf": now,
            "exp": now + int(self.ttl.total_seconds()),
            "jti": uuid4().hex,
        }
        return jwt.encode(payload, self._key, algorithm=ALGORITHM, headers=self._header)

    def verify(self, token: str) -> AccessClaims:
        """Returns what the token says.

        Raises:
            InvalidTokenError: for every token that is not valid, whatever is wrong with it.
        """
        # RecursionError: json.loads on nested input. The rest: claims of impossible types.
        try:
            self._check_form(token)
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
            return _read_claims(payload)
        except (JOSEError, ValueError, TypeError, OverflowError, RecursionError) as exc:
            raise InvalidTokenError from exc

    def _check_form(self, token: str) -> None:
        segments = token.split(".")
        if len(token) > MAX_TOKEN_LENGTH or len(segments) != 3:
            raise ValueError("not a token")
        header, _, _ = [_decode_canonical(segment) for segment in segments]
        if json.loads(header) != {"alg": ALGORITHM, **self._header}:
            raise ValueError("not a header of ours")


def _decode_canonical(segment: str) -> bytes:
    """Decodes base64url, refusing every spelling but one, so that a token has no second form."""
    if not _SEGMENT.fullmatch(segment):
        raise ValueError("not base64url")
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as exc:
        raise ValueError("not base64url") from exc
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != segment:
        raise ValueError("not canonical base64url")
    return decoded


def _read_claims(payload: dict[str, Any]) -> AccessClaims:
    if any(type(payload[claim]) is not int for claim in ("iat", "nbf", "exp")):
        raise ValueError("times are whole seconds")
    if payload["iat"] > time.time() + LEEWAY_SECONDS:
        raise ValueError("issued in the future")
    if not isinstance(payload["aud"], str) or not isinstance(payload["jti"], str):
        raise TypeError("one audience, and an id that is text")
    if "tid" not in payload:
        raise ValueError("a token names its tenant, or null")
    tenant = payload["tid"]
    return AccessClaims(
        user_id=_read_uuid(payload["sub"]),
        tenant_id=None if tenant is None else _read_uuid(tenant),
    )


def _read_uuid(value: object) -> UUID:
    if not isinstance(value, str):
        raise TypeError("an id is text")
    return UUID(value)
