import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.core.credentials.jwks import make_jwks
from app.core.credentials.keys import load_key
from service.support.pems import make_private_key, to_pem, to_public_pem


def read_number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")


def read_public(jwk: dict[str, str]) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(read_number(jwk["e"]), read_number(jwk["n"])).public_key()
    x, y = read_number(jwk["x"]), read_number(jwk["y"])
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_other_services_can_verify_with_the_jwks(algorithm: str) -> None:
    private = make_private_key(algorithm)
    key = load_key(to_pem(private))

    [jwk] = make_jwks([key])["keys"]

    assert (jwk["kid"], jwk["alg"], jwk["use"]) == (key.kid, algorithm, "sig")
    assert read_public(jwk) == private.public_key()


def test_the_jwks_has_no_private_part() -> None:
    first, second = make_private_key("ES256"), make_private_key("RS256")
    keys = [load_key(to_pem(first)), load_key("x" * 32), load_key(to_public_pem(second))]

    curve, rsa_key = make_jwks(keys)["keys"]

    assert curve.keys() == {"kid", "alg", "use", "kty", "crv", "x", "y"}
    assert rsa_key.keys() == {"kid", "alg", "use", "kty", "n", "e"}


def test_a_coordinate_keeps_its_leading_zeros() -> None:
    keys = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(1, 10_000))
    private = next(key for key in keys if key.public_key().public_numbers().x < 1 << 248)

    [jwk] = make_jwks([load_key(to_pem(private))])["keys"]

    assert len(jwk["x"]) == len(jwk["y"]) == 43
    assert read_public(jwk) == private.public_key()
