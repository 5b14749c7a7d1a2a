from typing import Any

import pytest
from fastapi import FastAPI, Response
from httpx2 import AsyncClient

from app.core.config import Settings
from app.core.limits.limiter import RateLimit
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import running

ALLOWED = "https://shop.example"


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    changes = {
        "cors_origins": (ALLOWED,),
        "trusted_hosts": ("service.test",),
        "rate_limit_enabled": True,
        "rate_limit_requests": 10_000,
    }
    limit = RateLimit("few", requests=1, window_seconds=60, paths=("/few",))
    extensions = Extensions(rate_limits=[limit])
    app = create_app(settings.model_copy(update=changes), extensions)

    @app.get("/broken")
    async def get_broken() -> None:
        raise RuntimeError("broken")

    @app.post("/read")
    async def read(body: dict[str, str]) -> None: ...

    @app.get("/varied")
    async def get_varied(response: Response) -> None:
        response.headers["Vary"] = "Accept"

    return app


async def test_a_page_that_is_named_may_call(client: AsyncClient) -> None:
    headers = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": (
            "authorization, content-type, idempotency-key, if-match"
        ),
    }
    preflight = await client.options("/api/v1/tenant", headers=headers)
    response = await client.get("/health/live", headers={"Origin": ALLOWED})

    assert preflight.status_code == 200
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    assert {"ETag", "Idempotency-Replayed", "Link"} <= exposed
    for each in (preflight, response):
        assert each.headers["access-control-allow-origin"] == ALLOWED
        assert "access-control-allow-credentials" not in each.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", "null", "*"])
async def test_another_page_may_not(client: AsyncClient, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/api/v1/auth/token", headers=headers)
    response = await client.get("/health/live", headers={"Origin": origin})

    assert preflight.status_code == 400
    assert preflight.json()["code"] == "cross_origin_refused"
    for each in (preflight, response):
        assert "access-control-allow-origin" not in each.headers


async def test_responses_differ_by_origin_for_caches(client: AsyncClient) -> None:
    assert "Origin" in (await client.get("/health/live")).headers["vary"]
    assert (await client.get("/varied")).headers["vary"] == "Accept, Origin"


JSON = {"Content-Type": "application/json"}
LARGE = b'"' + b"x" * 300_000 + b'"'
EACH_LAYER: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/broken", {}, 500),
    ("BREW", "/nope", {}, 405),
    ("PUT", "/read", {}, 405),
    ("GET", "/nope", {}, 404),
    ("HEAD", "/nope", {}, 404),
    ("GET", "/nope%00", {}, 400),
    ("GET", "/" + "x" * 9000, {}, 414),
    ("GET", "/nope", {"headers": {"X-Long": "x" * 9000}}, 431),
    ("POST", "/read", {"headers": {"Content-Length": "x"}, "content": b"{}"}, 400),
    ("POST", "/read", {"headers": JSON, "content": b"{"}, 400),
    ("POST", "/read", {"headers": JSON, "content": LARGE}, 413),
    ("POST", "/read", {"headers": JSON, "content": b"[]"}, 422),
    ("POST", "/read", {"content": b"x"}, 415),
    ("GET", "/api/v1/auth/me", {}, 401),
    ("GET", "/health/live", {}, 200),
    ("GET", "/metrics", {}, 200),
]


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    EACH_LAYER,
    ids=[f"{e[1][:12]} {e[3]}" for e in EACH_LAYER],
)
async def test_a_page_can_read_every_response_whichever_layer_made_it(
    client: AsyncClient, method: str, path: str, given: dict[str, Any], status: int
) -> None:
    headers = {**given.get("headers", {}), "Origin": ALLOWED}
    response = await client.request(method, path, **{**given, "headers": headers})

    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == ALLOWED
    assert "X-Request-ID" in response.headers["access-control-expose-headers"]
    assert "Origin" in response.headers["vary"]


async def test_a_page_can_read_that_it_sends_too_many(client: AsyncClient) -> None:
    responses = [await client.get("/few", headers={"Origin": ALLOWED}) for _ in range(2)]

    assert responses[1].status_code == 429
    assert responses[1].headers["access-control-allow-origin"] == ALLOWED


async def test_a_host_that_is_not_known_tells_pages_nothing(client: AsyncClient) -> None:
    response = await client.get("/nope", headers={"Origin": ALLOWED, "Host": "evil.example"})

    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


async def test_where_every_page_may_call_the_response_is_the_same_for_all(
    settings: Settings,
) -> None:
    app = create_app(settings.model_copy(update={"cors_origins": ("*",)}))
    async with running(app) as client:
        response = await client.get("/nope", headers={"Origin": "https://any.example"})

    assert response.headers.get_list("access-control-allow-origin") == ["*"]


async def test_head_of_another_origin_may_have_a_token(client: AsyncClient) -> None:
    headers = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "HEAD",
        "Access-Control-Request-Headers": "authorization",
    }

    assert (await client.options("/api/v1/tenant", headers=headers)).status_code == 200
