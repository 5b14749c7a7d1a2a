"""Access tokens: one is verified for each request, and one issued for each sign-in and refresh."""

from datetime import timedelta
from itertools import cycle
from uuid import UUID

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.core.credentials.jwt import AccessClaims, TokenCodec
from app.core.credentials.keys import load_key
from app.core.credentials.verified_tokens import MAX_TOKENS
from service.support.pems import make_private_key, to_pem

CLAIMS = AccessClaims(UUID(int=1), session_id=UUID(int=2), tenant_id=UUID(int=3))
KEYS = {
    "HS256": "a secret of at least 32 bytes for tests",
    "RS256": to_pem(make_private_key("RS256")),
    "ES256": to_pem(make_private_key("ES256")),
}


@pytest.fixture(params=KEYS)
def codec(request: pytest.FixtureRequest) -> TokenCodec:
    keys = [load_key(KEYS[request.param])]
    return TokenCodec(keys=keys, issuer="shop", audience="shop", ttl=timedelta(minutes=15))


def test_verify(codec: TokenCodec, benchmark: BenchmarkFixture) -> None:
    """Each token for the first time, or again when it is forgotten."""
    tokens = cycle([codec.issue(CLAIMS) for _ in range(MAX_TOKENS + 1)])

    assert benchmark(lambda: codec.verify(next(tokens))) == CLAIMS


def test_verify_again(codec: TokenCodec, benchmark: BenchmarkFixture) -> None:
    assert benchmark(codec.verify, codec.issue(CLAIMS)) == CLAIMS


def test_issue(codec: TokenCodec, benchmark: BenchmarkFixture) -> None:
    assert codec.verify(benchmark(codec.issue, CLAIMS)) == CLAIMS
