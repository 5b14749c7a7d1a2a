"""The keys of access tokens, as they stand in the environment. Each is for one algorithm."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

Algorithm = Literal["HS256", "RS256", "ES256"]

# RFC 7518, section 3.2: no shorter than the hash. A comma would part it where keys are listed.
_SECRET = re.compile(r"[ -+\--~]{32,}")
# PEM, SSH and JWK: a holder of the public half of such a key must not be able to sign with it.
_OTHER_FORM = re.compile(r"BEGIN |ssh-(rsa|dss|ed25519)|ecdsa-sha2-|@openssh|^[\[{]")


@dataclass(frozen=True, slots=True)
class Key:
    """What signs tokens (None: the key only verifies), and what verifies them."""

    kid: str
    algorithm: Algorithm
    signs: "RSAPrivateKey | EllipticCurvePrivateKey | bytes | None" = field(repr=False)
    verifies: "RSAPublicKey | EllipticCurvePublicKey | bytes" = field(repr=False)


def load_key(text: str) -> Key:
    """Reads an RSA or P-256 key in PEM, its newlines perhaps as `\\n`, or else an HMAC secret.

    Raises:
        ValueError: if it is neither, or weak; the message does not hold the text.
    """
    text = text.strip()
    if not text.startswith("-----BEGIN"):
        return _load_secret(text)
    # Only for those who have such a key: cryptography takes 7 MiB.
    from app.core.credentials.key_pairs import load_pem  # noqa: PLC0415

    return load_pem(text)


def find_key_faults(algorithm: Algorithm, keys: Sequence[tuple[str, str]]) -> list[str]:
    """Returns why tokens cannot be signed with the first key, or verified with all of them.

    Each key comes with the name of its variable; a text is not repeated.
    """
    faults = []
    kids: set[str] = set()
    for name, text in keys:
        try:
            key = load_key(text)
            if (name, text) == keys[0]:
                _check_that_it_signs(key, algorithm)
            if key.kid in kids:
                raise ValueError("this key is there twice")
            kids.add(key.kid)
        except ValueError as exc:
            faults.append(f"{name}: {exc}")
    return faults


def _check_that_it_signs(key: Key, algorithm: Algorithm) -> None:
    if key.algorithm != algorithm:
        raise ValueError(f"this key is for {key.algorithm}, and JWT_ALGORITHM is {algorithm}")
    if key.signs is None:
        raise ValueError("this is a public key, and only the private one signs")


def _load_secret(text: str) -> Key:
    if not _SECRET.fullmatch(text):
        raise ValueError("a secret has at least 32 characters, of printable ASCII but the comma")
    if _OTHER_FORM.search(text) or _is_der(text):
        raise ValueError("this is a key of a form that is not PEM, and a secret is random")
    secret = text.encode()
    return Key(name_key(secret), "HS256", secret, secret)


def _is_der(text: str) -> bool:
    """Whether this is a key or certificate in Base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    # Each of them is a sequence (X.690).
    if not data.startswith(b"\x30"):
        return False
    from app.core.credentials.key_pairs import is_der  # noqa: PLC0415

    return is_der(data)


def name_key(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]
