"""Access tokens (RFC 9068): what they say, and which are accepted.

What signers.py makes of a key only checks the signature. Libraries differ in what else they accept, so the
form and the claims are checked here.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app.core.credentials.keys import Key
from app.core.credentials.segments import decode, dump, encode
from app.core.credentials.signers import make_signer
from app.core.credentials.verified_tokens import VerifiedTokens

TOKEN_TYPE = "at+jwt"  # noqa: S105 - the name of a media type, not a secret
LEEWAY_SECONDS = 5
MAX_TOKEN_LENGTH = 4096

_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")


class InvalidTokenError(Exception):
    """The token is not one that this service issued and that is valid now."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid token says: a user, their session, and the tenant to act in."""

    user_id: UUID
    session_id: UUID
    tenant_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a token says whenever it is read, and the time in which it is valid."""

    claims: AccessClaims
    begins: int
    ends: int


class TokenCodec:
    """Issues access tokens with the first key, and verifies those of every key."""

    def __init__(self, *, keys: Sequence[Key], issuer: str, audience: str, ttl: timedelta) -> None:
        if keys[0].signs is None:
            raise ValueError("the first key is to sign, and only verifies")
        self.keys = tuple(keys)
        self.ttl = ttl
        self._issuer = issuer
        self._audience = audience
        self._header = _header(keys[0])
        self._signer = make_signer(keys[0])
        self._verifiers = {encode(dump(_header(key))): make_signer(key) for key in keys}
        self._verified = VerifiedTokens(self._read_signed)

    def issue(self, claims: AccessClaims) -> str:
        now = int(time.time())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "tid": str(claims.tenant_id) if claims.tenant_id else None,
            "iat": now,
            "nbf": now,
            "exp": now + int(self.ttl.total_seconds()),
            "jti": uuid4().hex,
        }
        return self._signer.sign(self._header, dump(payload))

    def verify(self, token: str) -> AccessClaims:
        """Returns what the token says.

        Raises:
            InvalidTokenError: for every token that is not valid, whatever is wrong with it.
        """
        # RecursionError: what was signed here is not nested, but a key may have other users.
        try:
            if len(token) > MAX_TOKEN_LENGTH:
                raise ValueError("too long")
            signed = self._verified.read(token)
            now = time.time()
            if signed.begins > now + LEEWAY_SECONDS or signed.ends <= now - LEEWAY_SECONDS:
                raise ValueError("not yet valid, or not any more")
        except (KeyError, ValueError, RecursionError) as exc:
            raise InvalidTokenError from exc
        return signed.claims

    def _read_signed(self, token: str) -> _Signed:
        """Returns what a token says that one of the keys has signed."""
        claims = _load(self._open(token))
        self._check(claims)
        return _Signed(_read(claims), max(claims["iat"], claims["nbf"]), claims["exp"])

    def _open(self, token: str) -> bytes:
        """Returns the payload, after the signature of one of the keys."""
        header, payload, signature = token.split(".")
        # Each key has one header, in one spelling. No other is parsed, whatever it says.
        if header not in self._verifiers:
            raise ValueError("not a header of ours")
        if not _is_canonical(payload) or not _is_canonical(signature):
            raise ValueError("not base64url as an encoder writes it")
        return self._verifiers[header].verify(token)

    def _check(self, claims: dict[str, Any]) -> None:
        if claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise ValueError("of another issuer, or for another audience")
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        if any(type(seconds) is not int for seconds in times):
            raise ValueError("times are whole seconds")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise ValueError("an id is text")


def _header(key: Key) -> dict[str, str]:
    return {"alg": key.algorithm, "kid": key.kid, "typ": TOKEN_TYPE}


def _load(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload.decode(), object_pairs_hook=_refuse_doubles)
    if not isinstance(claims, dict):
        raise ValueError("claims are an object")
    return claims


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a claim is there twice")
    return dict(pairs)


def _is_canonical(segment: str) -> bool:
    """Returns whether the segment has its one spelling, so that a token has no second form."""
    if not _SEGMENT.fullmatch(segment):
        return False
    return encode(decode(segment)) == segment


def _read(claims: dict[str, Any]) -> AccessClaims:
    tenant = claims["tid"]
    return AccessClaims(
        user_id=_read_uuid(claims["sub"]),
        session_id=_read_uuid(claims["sid"]),
        tenant_id=None if tenant is None else _read_uuid(tenant),
    )


def _read_uuid(value: object) -> UUID:
    if not isinstance(value, str) or str(UUID(value)) != value:
        raise ValueError("an id is a UUID as it is usually written")
    return UUID(value)
