import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app

ALLOWED = "https://shop.example"


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    return create_app(settings.model_copy(update={"cors_origins": (ALLOWED,)}))


async def test_a_page_that_is_named_may_call(client: AsyncClient) -> None:
    headers = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": (
            "authorization, content-type, idempotency-key, if-match"
        ),
    }
    preflight = await client.options("/api/v1/tenant", headers=headers)
    answer = await client.get("/health/live", headers={"Origin": ALLOWED})

    assert preflight.status_code == 200
    exposed = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"ETag", "Idempotency-Replayed", "Link"} <= exposed
    for each in (preflight, answer):
        assert each.headers["access-control-allow-origin"] == ALLOWED
        assert "access-control-allow-credentials" not in each.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", "null", "*"])
async def test_another_page_may_not(client: AsyncClient, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/api/v1/auth/token", headers=headers)
    answer = await client.get("/health/live", headers={"Origin": origin})

    assert preflight.status_code == 400
    assert preflight.json()["code"] == "cross_origin_refused"
    for each in (preflight, answer):
        assert "access-control-allow-origin" not in each.headers


async def test_answers_differ_by_origin_for_caches(client: AsyncClient) -> None:
    assert "Origin" in (await client.get("/health/live")).headers["vary"]
