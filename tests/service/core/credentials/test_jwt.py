"""What the codec writes and reads again. What it must refuse is in tests/attacks/inside/tokens."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.credentials.jwt import AccessClaims, InvalidTokenError, TokenCodec
from app.core.credentials.keys import Key, load_key
from service.support.pems import make_private_key, to_pem, to_public_pem

KEY = load_key("a secret of at least 32 bytes for tests")
KEYS = [KEY, *(load_key(to_pem(make_private_key(each))) for each in ("RS256", "ES256"))]
CLAIMS = AccessClaims(UUID(int=0xA), session_id=UUID(int=0xB), tenant_id=UUID(int=0xC))
NAMES = ["iss", "aud", "sub", "sid", "tid", "iat", "nbf", "exp", "jti"]


def make_codec(*keys: Key) -> TokenCodec:
    return TokenCodec(keys=keys, issuer="shop", audience="shop", ttl=timedelta(minutes=15))


def decode(segment: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=="))
    return decoded


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_token_says_what_was_put_into_it(key: Key) -> None:
    codec = make_codec(key)

    assert codec.verify(codec.issue(CLAIMS)) == CLAIMS
    assert codec.issue(CLAIMS) != codec.issue(CLAIMS)


def test_a_user_may_be_in_no_tenant() -> None:
    codec = make_codec(KEY)
    claims = AccessClaims(user_id=uuid4(), session_id=uuid4(), tenant_id=None)

    assert codec.verify(codec.issue(claims)) == claims


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_token_has_the_form_of_rfc_9068(key: Key) -> None:
    header, payload, _ = make_codec(key).issue(CLAIMS).split(".")

    assert decode(header) == {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
    assert list(decode(payload)) == NAMES


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
    private = make_private_key("ES256")
    public = load_key(to_public_pem(private))

    assert make_codec(KEY, public).verify(make_codec(load_key(to_pem(private))).issue(CLAIMS))
    with pytest.raises(ValueError, match="only verifies"):
        make_codec(public)
