"""A token is verified once. Whether it is valid now is decided each time."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core.credentials.jws import KeyPairSigner
from app.core.credentials.jwt import LEEWAY_SECONDS, AccessClaims, InvalidTokenError, TokenCodec
from app.core.credentials.keys import Key, load_key
from app.core.credentials.signers import Hs256Signer, Signer
from app.core.credentials.verified_tokens import VerifiedTokens
from service.support.pems import make_private_key, to_pem

KEYS = [
    load_key("a secret of at least 32 bytes for tests"),
    *(load_key(to_pem(make_private_key(each))) for each in ("RS256", "ES256")),
]
TTL = timedelta(minutes=15)


def make_codec(*keys: Key) -> TokenCodec:
    return TokenCodec(keys=keys, issuer="shop", audience="shop", ttl=TTL)


def make_claims() -> AccessClaims:
    return AccessClaims(user_id=uuid4(), session_id=uuid4(), tenant_id=uuid4())


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were verified."""
    seen: list[str] = []
    for signer in (Hs256Signer, KeyPairSigner):
        verify = signer.verify

        def note(self: Signer, token: str, verify: Any = verify) -> bytes:
            seen.append(token)
            payload: bytes = verify(self, token)
            return payload

        monkeypatch.setattr(signer, "verify", note)
    return seen


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_signature_is_verified_once(verified: list[str], key: Key) -> None:
    codec, claims = make_codec(key), [make_claims(), make_claims()]
    tokens = [codec.issue(each) for each in claims]

    for _ in range(3):
        assert [codec.verify(token) for token in tokens] == claims

    assert verified == tokens


def test_a_token_expires_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    codec, claims = make_codec(KEYS[0]), make_claims()
    token = codec.issue(claims)
    assert codec.verify(token) == claims

    for late in (TTL.total_seconds() + 2 * LEEWAY_SECONDS, -2 * LEEWAY_SECONDS):
        with monkeypatch.context() as patch:
            now = time.time()
            patch.setattr("app.core.credentials.jwt.time.time", lambda now=now + late: now)
            with pytest.raises(InvalidTokenError):
                codec.verify(token)
    assert codec.verify(token) == claims


def test_an_invalid_token_is_verified_each_time(verified: list[str]) -> None:
    codec = make_codec(KEYS[0])
    head, _, signature = codec.issue(make_claims()).split(".")
    forged = f"{head}.{codec.issue(make_claims()).split('.')[1]}.{signature}"

    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            codec.verify(forged)

    assert verified == [forged, forged]


def test_a_token_with_another_signature_is_another() -> None:
    codec, claims = make_codec(KEYS[0]), make_claims()
    token = codec.issue(claims)
    assert codec.verify(token) == claims

    for other in (token[:-1] + ("A" if token[-1] != "A" else "B"), token + "=", f" {token}"):
        with pytest.raises(InvalidTokenError):
            codec.verify(other)


def test_other_keys_remember_nothing() -> None:
    old, new = KEYS[0], KEYS[1]
    token = make_codec(old).issue(make_claims())
    assert make_codec(new, old).verify(token)

    with pytest.raises(InvalidTokenError):
        make_codec(new).verify(token)


def test_the_oldest_make_room() -> None:
    read: list[str] = []

    def verify(token: str) -> str:
        read.append(token)
        return token

    tokens = VerifiedTokens(verify, size=2)
    for token in ["first", "second", "third", "second", "third", "first"]:
        assert tokens.read(token) == token

    assert read == ["first", "second", "third", "first"]
    assert len(tokens._said) == 2


def test_no_token_stays_in_memory() -> None:
    tokens = VerifiedTokens(len)
    tokens.read("a secret token")

    assert "secret" not in repr(vars(tokens))
