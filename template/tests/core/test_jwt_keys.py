"""Tokens under keys of each algorithm, and under one key after another."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core.jwt import AccessClaims, InvalidTokenError, TokenCodec
from app.core.keys import Key, load_key
from tests.pems import make_private_key, to_pem, to_public_pem

CURVE = make_private_key("ES256")
KEYS = [
    load_key("a secret of at least 32 bytes for tests"),
    load_key(to_pem(make_private_key("RS256"))),
    load_key(to_pem(CURVE)),
]
CLAIMS = AccessClaims(user_id=uuid4(), session_id=uuid4(), tenant_id=uuid4())
NAMES = ["iss", "aud", "sub", "sid", "tid", "iat", "nbf", "exp", "jti"]

each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)


def make_codec(*keys: Key) -> TokenCodec:
    return TokenCodec(keys=keys, issuer="shop", audience="shop", ttl=timedelta(minutes=15))


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "==")


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@each_key
def test_a_token_has_the_form_of_rfc_9068(key: Key) -> None:
    token = make_codec(key).issue(CLAIMS)
    header, payload, _ = token.split(".")

    assert json.loads(decode(header)) == {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
    assert list(json.loads(decode(payload))) == NAMES
    assert make_codec(key).verify(token) == CLAIMS


@each_key
def test_a_signature_is_for_what_was_signed(key: Key) -> None:
    codec = make_codec(key)
    header, payload, signature = codec.issue(CLAIMS).split(".")
    claims: dict[str, Any] = json.loads(decode(payload))
    changed = encode(json.dumps(claims | {"sub": str(uuid4())}).encode())
    other = encode(decode(signature)[::-1])

    for token in (f"{header}.{changed}.{signature}", f"{header}.{payload}.{other}"):
        with pytest.raises(InvalidTokenError):
            codec.verify(token)


@pytest.mark.parametrize("old", KEYS, ids=lambda key: key.algorithm)
@pytest.mark.parametrize("new", KEYS, ids=lambda key: key.algorithm)
def test_a_key_verifies_until_it_is_taken_away(old: Key, new: Key) -> None:
    token, newer = make_codec(old).issue(CLAIMS), make_codec(new, old).issue(CLAIMS)

    assert make_codec(new, old).verify(token) == CLAIMS
    assert make_codec(new).verify(newer) == CLAIMS
    if new != old:
        with pytest.raises(InvalidTokenError):
            make_codec(new).verify(token)


def test_a_public_key_verifies_and_does_not_sign() -> None:
    token = make_codec(load_key(to_pem(CURVE))).issue(CLAIMS)
    public = load_key(to_public_pem(CURVE))

    assert make_codec(KEYS[0], public).verify(token) == CLAIMS
    with pytest.raises(ValueError, match="only verifies"):
        make_codec(public)
