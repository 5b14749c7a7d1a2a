"""A service that has a key of each algorithm, so that one could be taken for another."""

import time
from collections.abc import Callable, Mapping
from itertools import cycle

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from app.core.config import Settings
from app.core.limits.limiter import MAX_REQUESTS
from app.main import create_app
from tests.platform.support import Account
from tokens.attacking import (
    ALGORITHMS,
    ME,
    SECONDS,
    Attack,
    make_key,
    send_token,
    to_signing_text,
    to_verifying_text,
)
from tokens.forging import Forge

ITEMS = "/api/v1/items"
DOORS = [("GET", ME), ("POST", ITEMS)]
# What is longer than a server takes for a header may be refused for that.
LONG = 8000


@pytest.fixture(params=ALGORITHMS)
def algorithm(request: pytest.FixtureRequest) -> str:
    """The algorithm that tokens are signed with."""
    return str(request.param)


@pytest.fixture
def settings(settings: Settings, algorithm: str) -> Settings:
    others = [make_key(other) for other in ALGORITHMS if other != algorithm]
    given = {
        "jwt_algorithm": algorithm,
        "jwt_secret": to_signing_text(make_key(algorithm)),
        "jwt_previous_secrets": tuple(map(to_verifying_text, others)),
        "log_level": "ERROR",
        # The limiter looks at tokens first. No attack is so long that it would be refused for that.
        "rate_limit_enabled": True,
        "rate_limit_requests": MAX_REQUESTS,
    }
    return settings.model_copy(update=given)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def forge(algorithm: str, owner: Account, sign_in: Callable[[Account], dict[str, str]]) -> Forge:
    token = sign_in(owner)["Authorization"].removeprefix("Bearer ")
    return Forge(token, make_key(algorithm))


@pytest.fixture
async def attack(client: AsyncClient, forge: Forge) -> Attack:
    """A function that tries tokens, by name, and fails with those that are not refused."""

    async def attack_with(tokens: Mapping[str, str | bytes]) -> None:
        assert tokens
        broken = {}
        # In turns: one dependency reads the tokens of every route.
        for (name, token), (method, path) in zip(tokens.items(), cycle(DOORS), strict=False):
            started = time.monotonic()
            response = await send_token(client, token, path, method)
            if not is_refused(response, token) or time.monotonic() - started > SECONDS:
                broken[f"{method} with {name}"] = (response.status_code, response.text[:200])
        assert broken == {}
        # That the good one is accepted shows that they were not refused for something else.
        response = await send_token(client, forge.token, ITEMS)
        assert (response.status_code, response.json()["items"]) == (200, [])

    return attack_with


def is_refused(response: Response, token: str | bytes) -> bool:
    statuses = {401, 431} if len(token) > LONG else {401}
    is_problem = response.headers["content-type"] == "application/problem+json"
    return is_problem and response.status_code in statuses
