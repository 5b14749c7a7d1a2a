"""What was signed by hand here shows what the library lets through and the codec must not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from jose import jwt

from app.core.jwt import AccessClaims, InvalidTokenError, TokenCodec

SECRET = "a secret of at least 32 bytes, for tests"
HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": hashlib.sha256(SECRET.encode()).hexdigest()[:8]}
CLAIMS = AccessClaims(user_id=uuid4(), tenant_id=uuid4())
REQUIRED = ["iss", "aud", "sub", "tid", "iat", "nbf", "exp", "jti"]


def make_codec(**options: Any) -> TokenCodec:
    given: dict[str, Any] = {
        "secret": SECRET,
        "issuer": "shop",
        "audience": "shop",
        "ttl": timedelta(minutes=15),
    }
    return TokenCodec(**(given | options))


@pytest.fixture
def codec() -> TokenCodec:
    return make_codec()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes) -> str:
    """Signs anything at all with the right key."""
    parts = [
        part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)
    ]
    signed = ".".join(encode(part) for part in parts)
    return f"{signed}.{encode(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"


def make_payload() -> dict[str, Any]:
    payload: dict[str, Any] = jwt.get_unverified_claims(make_codec().issue(CLAIMS))
    return payload


def test_a_token_says_what_was_put_into_it(codec: TokenCodec) -> None:
    assert codec.verify(codec.issue(CLAIMS)) == CLAIMS


def test_a_user_may_be_in_no_tenant(codec: TokenCodec) -> None:
    claims = AccessClaims(user_id=uuid4(), tenant_id=None)

    assert codec.verify(codec.issue(claims)) == claims


def test_a_token_has_the_form_of_rfc_9068(codec: TokenCodec) -> None:
    token = codec.issue(CLAIMS)

    assert jwt.get_unverified_header(token) == HEADER
    assert list(jwt.get_unverified_claims(token)) == REQUIRED


def test_what_is_signed_by_hand_is_accepted_when_nothing_is_wrong(codec: TokenCodec) -> None:
    assert codec.verify(sign(HEADER, make_payload())) == CLAIMS


def test_two_tokens_differ(codec: TokenCodec) -> None:
    assert codec.issue(CLAIMS) != codec.issue(CLAIMS)


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"alg": "none"},
        HEADER | {"alg": "HS512"},
        HEADER | {"alg": "RS256"},
        HEADER | {"typ": "JWT"},
        HEADER | {"kid": "00000000"},
        HEADER | {"crit": ["exp"]},
        HEADER | {"jwk": {}},
        {"alg": "HS256"},
        {},
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
    ],
    ids=lambda header: str(header)[:40],
)
def test_a_header_of_another_form_is_refused(codec: TokenCodec, header: Any) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(header, make_payload())[:4096])


@pytest.mark.parametrize("claim", REQUIRED)
def test_every_claim_is_required(codec: TokenCodec, claim: str) -> None:
    payload = make_payload()
    del payload[claim]

    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, payload))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "other"),
        ("iss", ["shop"]),
        ("aud", "other"),
        ("aud", ["shop", "other"]),
        ("sub", "not a uuid"),
        ("sub", 7),
        ("sub", None),
        ("tid", "not a uuid"),
        ("tid", 7),
        ("iat", True),
        ("iat", time.time() + 3600),
        ("iat", int(time.time()) + 3600),
        ("nbf", int(time.time()) + 3600),
        ("nbf", "0"),
        ("exp", 0),
        ("exp", 1.5e9),
        ("exp", "9999999999"),
        ("exp", None),
        ("exp", float("inf")),
        ("jti", 7),
    ],
)
def test_a_claim_of_another_form_is_refused(codec: TokenCodec, claim: str, value: object) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, make_payload() | {claim: value}))


@pytest.mark.parametrize("payload", [b"[]", b"7", b"{", b"[" * 2_900, b"\xff"])
def test_a_payload_that_is_no_object_is_refused(codec: TokenCodec, payload: bytes) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, payload))


def swap_last(token: str) -> str:
    """Changes bits of the last character that do not reach the decoded signature."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


@pytest.mark.parametrize(
    "change",
    [
        swap_last,
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token.replace(".", "..", 1),
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token + ".x",
        lambda token: token[:20] + "é" + token[20:],
        lambda token: "",
        lambda token: token + "A" * 4096,
    ],
)
def test_a_token_has_one_spelling(codec: TokenCodec, change: Callable[[str], str]) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(change(codec.issue(CLAIMS)))


@pytest.mark.parametrize(
    "other",
    [
        {"secret": "another secret of at least 32 bytes!"},
        {"issuer": "other"},
        {"audience": "other"},
        {"ttl": timedelta(minutes=-15)},
    ],
)
def test_a_token_of_another_issuer_or_time_is_refused(
    codec: TokenCodec, other: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(make_codec(**other).issue(CLAIMS))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        make_codec(secret="short")
