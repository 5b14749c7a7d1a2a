import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.core.credentials.keys import load_key
from service.support.pems import PrivateKey, make_private_key, to_pem, to_public_pem

SECRET = "a secret of at least 32 bytes for tests"
RSA, EC = make_private_key("RS256"), make_private_key("ES256")


def test_the_form_of_a_key_decides_its_algorithm() -> None:
    for algorithm, text in (("HS256", SECRET), ("RS256", to_pem(RSA)), ("ES256", to_pem(EC))):
        key = load_key(text)

        assert key.algorithm == algorithm
        assert key.signs is not None


@pytest.mark.parametrize("key", [RSA, EC], ids=["RSA", "P-256"])
def test_both_halves_of_a_key_have_one_name(key: PrivateKey) -> None:
    private, public = load_key(to_pem(key)), load_key(to_public_pem(key))

    assert private.kid == public.kid
    assert public.signs is None


def test_the_name_of_a_secret_is_its_own() -> None:
    assert load_key(SECRET).kid == load_key(f" {SECRET}\n").kid
    assert load_key(SECRET).kid != load_key(SECRET + "!").kid


def test_older_forms_of_pem_are_read() -> None:
    for key, form in ((RSA, "RSA PRIVATE KEY"), (EC, "EC PRIVATE KEY")):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

        assert form in pem.decode()
        assert load_key(pem.decode()).kid == load_key(to_pem(key)).kid


@pytest.mark.parametrize("newline", ["\\n", "\r\n"])
def test_the_newlines_of_a_pem_have_other_forms(newline: str) -> None:
    assert load_key(to_pem(EC).replace("\n", newline)).kid == load_key(to_pem(EC)).kid


def test_a_key_does_not_show_itself() -> None:
    assert SECRET not in repr(load_key(SECRET))


def make_certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    return builder.public_key(EC.public_key()).sign(EC, hashes.SHA256())


def make_other_forms() -> dict[str, str]:
    """Returns keys in forms that are not taken."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    other = ed25519.Ed25519PrivateKey.generate()
    pem, pkcs8, der = Encoding.PEM, PrivateFormat.PKCS8, Encoding.DER
    spki, ssh = PublicFormat.SubjectPublicKeyInfo, PublicFormat.OpenSSH
    forms = {
        "RSA of 1024 bits": short.private_bytes(pem, pkcs8, NoEncryption()),
        "P-384": ec.generate_private_key(ec.SECP384R1()).private_bytes(pem, pkcs8, NoEncryption()),
        "Ed25519": other.private_bytes(pem, pkcs8, NoEncryption()),
        "encrypted": EC.private_bytes(pem, pkcs8, BestAvailableEncryption(b"password")),
        "OpenSSH, private": EC.private_bytes(pem, PrivateFormat.OpenSSH, NoEncryption()),
        "certificate": make_certificate().public_bytes(pem),
        "SSH of RSA": RSA.public_key().public_bytes(Encoding.OpenSSH, ssh),
        "SSH of P-256": EC.public_key().public_bytes(Encoding.OpenSSH, ssh),
        "DER, public": base64.b64encode(EC.public_key().public_bytes(der, spki)),
        "DER, private": base64.b64encode(RSA.private_bytes(der, pkcs8, NoEncryption())),
        "DER, encrypted": base64.b64encode(
            EC.private_bytes(der, pkcs8, BestAvailableEncryption(b"p"))
        ),
        "DER, certificate": base64.b64encode(make_certificate().public_bytes(der)),
        "PEM in quotes": f'"{to_public_pem(EC)}"'.replace("\n", "\\n").encode(),
        "PEM of nothing": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "no end": to_pem(EC)[:100].encode(),
        "JWK": b'{"kty":"' + b"o" * 32 + b'"}',
    }
    return {name: text.decode() for name, text in forms.items()}


OTHER_FORMS = make_other_forms()


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_another_form_is_refused_and_not_shown(form: str) -> None:
    text = OTHER_FORMS[form]

    with pytest.raises(ValueError, match=r"key|secret|PEM") as caught:
        load_key(text)

    assert caught.value.__cause__ is None
    assert not any(part in str(caught.value) for part in text.split() if len(part) > 20)


@pytest.mark.parametrize("text", ["", "x" * 31, "x" * 40 + ",", "x" * 40 + "\x00", "\u00fc" * 40])
def test_a_weak_or_awkward_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        load_key(text)
