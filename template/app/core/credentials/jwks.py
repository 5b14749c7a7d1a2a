"""The keys that others may verify our tokens with (RFC 7517): the public ones, and no secret."""

import base64
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.core.credentials.keys import Key

JwkSet = dict[str, list[dict[str, str]]]


def make_jwks(keys: Iterable[Key]) -> JwkSet:
    return {
        "keys": [
            {"kid": key.kid, "alg": key.algorithm, "use": "sig", **_describe(key.verifies)}
            for key in keys
            if not isinstance(key.verifies, bytes)
        ]
    }


def _describe(key: RSAPublicKey | EllipticCurvePublicKey) -> dict[str, str]:
    if isinstance(key, RSAPublicKey):
        rsa = key.public_numbers()
        return {"kty": "RSA", "n": _encode(rsa.n), "e": _encode(rsa.e)}
    point = key.public_numbers()
    # RFC 7518, section 6.2.1: as long as the curve's field, leading zeros and all.
    return {"kty": "EC", "crv": "P-256", "x": _encode(point.x, 32), "y": _encode(point.y, 32)}


def _encode(number: int, length: int | None = None) -> str:
    data = number.to_bytes(length or (number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
