"""Tokens as an attacker makes them, with keys of theirs or, for the sake of the argument, ours."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class Raw(str):
    """JSON that is already written, since Python would not write it."""

    __slots__ = ()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def dump(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(name)}:{dump(part).decode()}" for name, part in value.items())
        return f"{{{','.join(pairs)}}}".encode()
    return (value if isinstance(value, Raw) else json.dumps(value, separators=(",", ":"))).encode()


def sign(key: PrivateKey | bytes, message: bytes, algorithm: str = "HS256") -> bytes:
    """Sign as RFC 7518 has it: with the algorithm that is right for the key."""
    if isinstance(key, bytes):
        return hmac.digest(key, message, HASHES.get(algorithm, "sha256"))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), SHA256())
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class Forge:
    """A good token, taken apart, and the key that has signed it."""

    token: str
    key: PrivateKey | bytes

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = json.loads(decode(self.token.split(".")[0]))
        return header

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(decode(self.token.split(".")[1]))
        return payload

    def make(
        self,
        header: object = None,
        payload: object = None,
        key: PrivateKey | bytes | None = None,
        signature: bytes | None = None,
    ) -> str:
        """Make a token that is good but for what is given; it is signed with our key if need be."""
        header = self.header if header is None else header
        payload = self.payload if payload is None else payload
        signed = f"{encode(dump(header))}.{encode(dump(payload))}"
        algorithm = header.get("alg") if isinstance(header, dict) else None
        if signature is None:
            used = self.key if key is None else key
            signature = sign(used, signed.encode(), str(algorithm))
        return f"{signed}.{encode(signature)}"

    def with_header(self, **changed: object) -> str:
        return self.make(header=self.header | changed)

    def with_claims(self, **changed: object) -> str:
        return self.make(payload=self.payload | changed)
