"""What signs and verifies tokens with a key (RFC 7515)."""

import hmac
from typing import Protocol

from app.core.credentials.keys import Key
from app.core.credentials.segments import decode, dump, encode


class Signer(Protocol):
    """A key, made ready once."""

    def sign(self, header: dict[str, str], payload: bytes) -> str: ...

    def verify(self, token: str) -> bytes:
        """Returns the payload.

        Raises:
            ValueError: if this key has not signed it.
        """


class Hs256Signer:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, header: dict[str, str], payload: bytes) -> str:
        signed = f"{encode(dump(header))}.{encode(payload)}"
        return f"{signed}.{self._sign(signed)}"

    def verify(self, token: str) -> bytes:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(signed).encode(), signature.encode()):
            raise ValueError("not signed with this key")
        return decode(signed.partition(".")[2])

    def _sign(self, signed: str) -> str:
        return encode(hmac.digest(self._secret, signed.encode(), "sha256"))


def make_signer(key: Key) -> Signer:
    if isinstance(key.verifies, bytes):
        return Hs256Signer(key.verifies)
    # The library imports cryptography, which takes 7 MiB, whatever it signs with.
    from app.core.credentials.jws import KeyPairSigner  # noqa: PLC0415

    return KeyPairSigner(key)
