"""Keys in PEM, and what looks like one: the only module that reads them by cryptography."""

from collections.abc import Callable
from functools import partial
from typing import Any

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

from app.core.credentials.keys import Algorithm, Key, name_key

_DER_FORMS: tuple[Callable[[bytes], Any], ...] = (
    load_der_public_key,
    partial(load_der_private_key, password=None),
    load_der_x509_certificate,
)


def load_pem(text: str) -> Key:
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
    return Key(name_key(der), algorithm, signs, verifies)


def is_der(data: bytes) -> bool:
    """Whether this is a key or certificate: a PEM that has lost its first line."""
    for load in _DER_FORMS:
        try:
            load(data)
        except ValueError:
            continue
        except (TypeError, UnsupportedAlgorithm):
            return True
        return True
    return False
