"""The keys of access tokens, as they stand in the environment. Each is for one algorithm."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_der_x509_certificate

Algorithm = Literal["HS256", "RS256", "ES256"]

# RFC 7518, section 3.2: no shorter than the hash. A comma would part it where keys are listed.
_SECRET = re.compile(r"[ -+\--~]{32,}")
# PEM, SSH and JWK: a holder of the public half of such a key must not be able to sign with it.
_OTHER_FORM = re.compile(r"BEGIN |ssh-(rsa|dss|ed25519)|ecdsa-sha2-|@openssh|^[\[{]")
_DER_FORMS: tuple[Callable[[bytes], Any], ...] = (
    load_der_public_key,
    partial(load_der_private_key, password=None),
    load_der_x509_certificate,
)


@dataclass(frozen=True, slots=True)
class Key:
    """What signs tokens (None: the key only verifies), and what verifies them."""

    kid: str
    algorithm: Algorithm
    signs: RSAPrivateKey | EllipticCurvePrivateKey | bytes | None = field(repr=False)
    verifies: RSAPublicKey | EllipticCurvePublicKey | bytes = field(repr=False)


def load_key(text: str) -> Key:
    """Reads an RSA or P-256 key in PEM, its newlines perhaps as `\\n`, or else an HMAC secret.

    Raises:
        ValueError: if it is neither, or weak; the message does not hold the text.
    """
    text = text.strip()
    return _load_pem(text) if text.startswith("-----BEGIN") else _load_secret(text)


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


def _load_pem(text: str) -> Key:
    pem = text.replace("\\n", "\n").encode()
    try:
        loaded = load_pem_private_key(pem, None) if b"PRIVATE" in pem else load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("this PEM holds no key, or an encrypted one") from None
    if isinstance(loaded, RSAPrivateKey | EllipticCurvePrivateKey):
        return _make_key(loaded, loaded.public_key())
    if isinstance(loaded, RSAPublicKey | EllipticCurvePublicKey):
        return _make_key(None, loaded)
    raise ValueError("a key in PEM is an RSA or a P-256 key")


def _make_key(
    signs: RSAPrivateKey | EllipticCurvePrivateKey | None,
    verifies: RSAPublicKey | EllipticCurvePublicKey,
) -> Key:
    if isinstance(verifies, EllipticCurvePublicKey):
        if not isinstance(verifies.curve, SECP256R1):
            raise ValueError("an elliptic curve key is on P-256")
    elif not 2048 <= verifies.key_size <= 8192:
        raise ValueError("an RSA key has 2048 to 8192 bits")
    algorithm: Algorithm = "RS256" if isinstance(verifies, RSAPublicKey) else "ES256"
    der = verifies.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(_name(der), algorithm, signs, verifies)


def _load_secret(text: str) -> Key:
    if not _SECRET.fullmatch(text):
        raise ValueError("a secret has at least 32 characters, of printable ASCII but the comma")
    if _OTHER_FORM.search(text) or _is_der(text):
        raise ValueError("this is a key of a form that is not PEM, and a secret is random")
    secret = text.encode()
    return Key(_name(secret), "HS256", secret, secret)


def _is_der(text: str) -> bool:
    """Whether this is a key or certificate in Base64: a PEM that has lost its first line."""
    for load in _DER_FORMS:
        try:
            load(base64.b64decode(text, validate=True))
        except ValueError:
            continue
        except (TypeError, UnsupportedAlgorithm):
            return True
        return True
    return False


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]
