from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from app.core.config import Settings
from app.core.credentials.jwt import AccessClaims, TokenCodec
from app.core.limits.limiter import RateLimit
from app.core.limits.memory_limiter import MemoryLimiter
from app.db.session import Database
from app.extension_points import Extensions
from app.main import create_app
from service.support.series import moving
from service.support.tokens import TOKEN
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]
Start = Callable[..., AbstractAsyncContextManager[AsyncClient]]
ME = "/api/v1/auth/me"


@pytest.fixture
def start(settings: Settings) -> Start:
    """A function that starts the service with a limit of three requests in a minute."""

    @asynccontextmanager
    async def start_limited(
        extensions: Extensions | None = None, **changes: Any
    ) -> AsyncIterator[AsyncClient]:
        limited = {"rate_limit_enabled": True, "rate_limit_requests": 3}
        app: FastAPI = create_app(
            settings.model_copy(update=limited | changes), extensions or Extensions()
        )
        async with running(app) as client:
            yield client

    return start_limited


async def get(client: AsyncClient, *paths: str, **headers: str) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for path in paths]


async def test_decisions_of_the_limiter_are_counted(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        pass

    async with start() as client:
        decisions = partial(moving, "rate_limit_decisions_total", policy="default")
        with decisions(by=3, outcome="allowed"), decisions(by=2, outcome="refused"):
            await get(client, *["/nope"] * 5)
        monkeypatch.setattr(MemoryLimiter, "hit", fail)
        with decisions(outcome="unknown"), decisions(by=0, outcome="allowed"):
            await get(client, "/nope")


async def test_a_rejection_is_a_problem_with_retry_after(start: Start) -> None:
    async with start() as client:
        responses: list[Response] = [await client.get("/nope") for _ in range(4)]

    assert [response.status_code for response in responses] == [404, 404, 404, 429]
    assert {response.headers["ratelimit-policy"] for response in responses} == {
        '"default";q=3;w=60'
    }
    limits = [response.headers["ratelimit"] for response in responses]
    assert limits[0] == '"default";r=2;t=60'
    assert [limit.split(";")[1] for limit in limits] == ["r=2", "r=1", "r=0", "r=0"]
    refused = responses[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert limits[-1].endswith(f"t={refused.headers['retry-after']}")
    assert refused.headers["x-request-id"]
    assert refused.headers["x-content-type-options"] == "nosniff"


async def test_probes_scrapes_and_preflights_are_free(start: Start) -> None:
    preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    async with start(cors_origins=("https://shop.example",), rate_limit_requests=1) as client:
        for path in ("/health", "/health/live", "/health/ready", "/metrics"):
            response = await client.get(path)
            assert response.status_code != 429
            assert "ratelimit" not in response.headers
        assert (await client.options(TOKEN, headers=preflight)).status_code == 200

        assert await get(client, "/nope", "/nope") == [404, 429]


async def test_of_one_too_many_the_body_is_not_read(start: Start) -> None:
    is_json = {"Content-Type": "application/json"}
    async with start(rate_limit_requests=10) as client:
        responses = [
            await client.post("/api/v1/auth/register", content=b"{", headers=is_json)
            for _ in range(2)
        ]

    assert [response.status_code for response in responses] == [400, 429]


async def test_a_page_of_another_origin_can_read_a_refusal(start: Start) -> None:
    origin = {"Origin": "https://shop.example"}
    async with start(cors_origins=("https://shop.example",), rate_limit_requests=1) as client:
        responses = [await client.get("/nope", headers=origin) for _ in range(2)]

    for response in responses:
        assert response.headers["access-control-allow-origin"] == "https://shop.example"
        assert "Retry-After" in response.headers["access-control-expose-headers"]


async def test_each_user_has_a_limit_beside_that_of_the_address(
    start: Start, database: Database, sign_in: Headers
) -> None:
    ann, bob = await make_account(database), await make_account(database, email="b@example.com")
    async with start() as client:
        for headers in (sign_in(ann), sign_in(bob)):
            assert await get(client, *[ME] * 4, **headers) == [200, 200, 200, 429]
        # With another token it is the same user.
        assert await get(client, ME, **sign_in(ann)) == [429]
        assert await get(client, *[ME] * 4) == [401, 401, 401, 429]
        # An invalid token identifies no caller.
        assert await get(client, ME, Authorization="Bearer x.y.z") == [429]


async def test_a_user_has_one_for_all_tenants(
    start: Start, owner: Account, sign_in: Headers
) -> None:
    elsewhere = Account(owner.user_id, owner.user_id, owner.session_id, owner.email)
    async with start() as client:
        assert await get(client, *["/nope"] * 3, **sign_in(owner)) == [404] * 3
        assert await get(client, "/nope", **sign_in(elsewhere)) == [429]


@pytest.mark.parametrize("path", ["token", "register", "verify-email/confirm", "password-reset"])
async def test_on_a_route_that_takes_no_token_it_opens_no_second_limit(
    start: Start, database: Database, sign_in: Headers, path: str
) -> None:
    callers = [{}, *[sign_in(await make_account(database, email=f"{n}@e.example")) for n in "ab"]]
    async with start(rate_limit_requests=2) as client:
        responses = [await client.post(f"/api/v1/auth/{path}", headers=each) for each in callers]

    assert responses[0].status_code in {400, 422}
    assert [response.status_code for response in responses[1:]] == [429, 429]


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_token_is_verified_once_with_limits_and_without(
    start: Start,
    owner: Account,
    sign_in: Headers,
    enabled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verified: list[str] = []
    verify = TokenCodec.verify

    def note(codec: TokenCodec, token: str) -> AccessClaims:
        verified.append(token)
        return verify(codec, token)

    monkeypatch.setattr(TokenCodec, "verify", note)
    async with start(rate_limit_enabled=enabled) as client:
        assert await get(client, ME, **sign_in(owner)) == [200]
        assert await get(client, ME, Authorization="Bearer x.y.z") == [401]
        assert await get(client, ME) == [401]

    assert len(verified) == 2


async def test_signing_in_has_a_limit_of_its_own(start: Start) -> None:
    async with start(rate_limit_requests=4) as client:
        responses = [await client.post(TOKEN) for _ in range(3)]
        others = await get(client, "/nope")

    assert [response.status_code for response in responses] == [400, 400, 429]
    assert responses[0].headers["ratelimit-policy"] == '"sign-in";q=2;w=60'
    assert others == [404]


async def test_a_team_adds_limits(start: Start) -> None:
    limit = RateLimit("exports", requests=1, window_seconds=10, paths=("/orders/{id}/export",))
    async with start(Extensions(rate_limits=[limit])) as client:
        assert await get(client, "/orders/1/export", "/orders/2/export", "/orders/1") == [
            404,
            429,
            404,
        ]


async def test_when_nobody_can_tell_everybody_may(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hit(*_: object) -> None:
        return None

    monkeypatch.setattr(MemoryLimiter, "hit", hit)
    async with start(rate_limit_requests=1) as client:
        responses = [await client.get("/nope") for _ in range(3)]

    assert [response.status_code for response in responses] == [404, 404, 404]
    assert not any("ratelimit" in response.headers for response in responses)
