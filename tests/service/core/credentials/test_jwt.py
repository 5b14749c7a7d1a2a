"""What was signed by hand here shows what a library lets through and the codec must not."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.credentials import jwt
from app.core.credentials.jwt import AccessClaims, InvalidTokenError, TokenCodec
from app.core.credentials.keys import Key, load_key
from service.support.pems import make_private_key, to_pem, to_public_pem

SECRET = "a secret of at least 32 bytes for tests"
KEY = load_key(SECRET)
KEYS = [KEY, *(load_key(to_pem(make_private_key(each))) for each in ("RS256", "ES256"))]
HEADER = {"alg": "HS256", "kid": KEY.kid, "typ": "at+jwt"}
CLAIMS = AccessClaims(UUID(int=0xA), session_id=UUID(int=0xB), tenant_id=UUID(int=0xC))
REQUIRED = ["iss", "aud", "sub", "sid", "tid", "iat", "nbf", "exp", "jti"]
NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "time", SimpleNamespace(time=lambda: NOW))


def make_codec(*keys: Key, **options: Any) -> TokenCodec:
    given: dict[str, Any] = {"issuer": "shop", "audience": "shop", "ttl": timedelta(minutes=15)}
    return TokenCodec(keys=keys or [KEY], **(given | options))


@pytest.fixture
def codec() -> TokenCodec:
    return make_codec()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=="))
    return decoded


def dump(value: dict[str, Any] | bytes) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def sign(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes) -> str:
    """Signs anything at all with the right key."""
    signed = f"{encode(dump(header))}.{encode(dump(payload))}"
    return f"{signed}.{encode(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"


def make_payload() -> dict[str, Any]:
    return decode(make_codec().issue(CLAIMS).split(".")[1])


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_token_says_what_was_put_into_it(key: Key) -> None:
    codec = make_codec(key)

    assert codec.verify(codec.issue(CLAIMS)) == CLAIMS
    assert codec.issue(CLAIMS) != codec.issue(CLAIMS)


def test_a_user_may_be_in_no_tenant(codec: TokenCodec) -> None:
    claims = AccessClaims(user_id=uuid4(), session_id=uuid4(), tenant_id=None)

    assert codec.verify(codec.issue(claims)) == claims


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_token_has_the_form_of_rfc_9068(key: Key) -> None:
    header, payload, _ = make_codec(key).issue(CLAIMS).split(".")

    assert decode(header) == {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
    assert list(decode(payload)) == REQUIRED


def test_what_is_signed_by_hand_is_accepted_when_nothing_is_wrong(codec: TokenCodec) -> None:
    assert codec.verify(sign(HEADER, make_payload())) == CLAIMS


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


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_what_is_signed_does_not_change(key: Key) -> None:
    codec = make_codec(key)
    header, payload, signature = codec.issue(CLAIMS).split(".")
    changed = encode(dump(decode(payload) | {"sub": str(uuid4())}))
    other = encode(base64.urlsafe_b64decode(signature + "==")[::-1])

    for token in (f"{header}.{changed}.{signature}", f"{header}.{payload}.{other}"):
        with pytest.raises(InvalidTokenError):
            codec.verify(token)


CHANGES: list[dict[str, Any]] = [
    *({"alg": "none"}, {"alg": "HS512"}, {"alg": "RS256"}, {"typ": "JWT"}, {"kid": "0" * 16}),
    *({"crit": ["exp"]}, {"jwk": {}}, {"jku": "https://keys.example"}),
]


@pytest.mark.parametrize(
    "header",
    [*(HEADER | change for change in CHANGES), {"alg": "HS256"}, {}, b"[]", b"{", b"[" * 2_900],
    ids=lambda header: str(header)[:40],
)
def test_a_header_of_another_form_is_refused(codec: TokenCodec, header: Any) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(header, make_payload()))


@pytest.mark.parametrize("claim", REQUIRED)
def test_every_claim_is_required(codec: TokenCodec, claim: str) -> None:
    payload = make_payload()
    del payload[claim]

    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, payload))


OTHER_VALUES: dict[str, list[Any]] = {
    "iss": ["other", ["shop"]],
    "aud": ["other", ["shop"]],
    "sub": ["not a uuid", 7, None, str(CLAIMS.user_id).upper()],
    "sid": ["", CLAIMS.session_id.hex],
    "tid": ["x", CLAIMS.user_id.urn],
    "iat": [True, NOW + 0.5],
    "nbf": ["0", None],
    "exp": [NOW + 60.5, str(NOW + 60), None, float("inf"), float("nan")],
    "jti": [7, ""],
}


@pytest.mark.parametrize(
    ("claim", "value"), [(claim, value) for claim in REQUIRED for value in OTHER_VALUES[claim]]
)
def test_a_claim_of_another_form_is_refused(codec: TokenCodec, claim: str, value: object) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, make_payload() | {claim: value}))


@pytest.mark.parametrize(
    ("claim", "accepted", "refused"),
    [("exp", NOW - 4, NOW - 5), ("nbf", NOW + 5, NOW + 6), ("iat", NOW + 5, NOW + 6)],
)
def test_clocks_may_differ_by_five_seconds(
    codec: TokenCodec, claim: str, accepted: int, refused: int
) -> None:
    assert codec.verify(sign(HEADER, make_payload() | {claim: accepted})) == CLAIMS
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, make_payload() | {claim: refused}))


PAYLOADS: dict[str, Callable[[str], bytes]] = {
    "no object": lambda text: f"[{text}]".encode(),
    "nested": lambda text: b"[" * 2_900,
    "no JSON": lambda text: text[1:].encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "a claim twice": lambda text: text.replace("{", '{"sub": "x", ', 1).encode(),
    "too long": lambda text: text.ljust(4096).encode(),
}


@pytest.mark.parametrize("write", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_is_one_object(codec: TokenCodec, write: Callable[[str], bytes]) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(sign(HEADER, write(json.dumps(make_payload()))))


def swap_last(token: str) -> str:
    """Changes bits of the last character that do not reach the decoded signature."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "bits that nobody reads": swap_last,
    "padding": lambda token: token + "=",
    "blanks": lambda token: f" {token}\n",
    "two dots": lambda token: token.replace(".", "..", 1),
    "no signature": lambda token: token.rpartition(".")[0],
    "four segments": lambda token: token + ".x",
    "not ASCII": lambda token: token + "\ud800",
    "nothing": lambda token: "",
}


@pytest.mark.parametrize("change", SPELLINGS.values(), ids=SPELLINGS)
def test_a_token_has_one_spelling(codec: TokenCodec, change: Callable[[str], str]) -> None:
    with pytest.raises(InvalidTokenError):
        codec.verify(change(codec.issue(CLAIMS)))
