"""The keys that others may verify our tokens with (RFC 7517): the public ones, and no secret."""

import base64
from collections.abc import Iterable
from typing import Any

from app.core.credentials.keys import Key

JwkSet = dict[str, list[dict[str, str]]]


def make_jwks(keys: Iterable[Key]) -> JwkSet:
    return {
        "keys": [
            {"kid": key.kid, "alg": key.algorithm, "use": "sig", **_describe(key)}
            for key in keys
            if not isinstance(key.verifies, bytes)
        ]
    }


def _describe(key: Key) -> dict[str, str]:
    public: Any = key.verifies
    numbers = public.public_numbers()
    if key.algorithm == "RS256":
        return {"kty": "RSA", "n": _encode(numbers.n), "e": _encode(numbers.e)}
    # RFC 7518, section 6.2.1: as long as the curve's field, leading zeros and all.
    return {"kty": "EC", "crv": "P-256", "x": _encode(numbers.x, 32), "y": _encode(numbers.y, 32)}


def _encode(number: int, length: int | None = None) -> str:
    data = number.to_bytes(length or (number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
