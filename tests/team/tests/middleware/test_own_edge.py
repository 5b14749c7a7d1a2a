"""What docs/how-to.md says of requests before they reach a route. Each test names its recipe."""

from decimal import Decimal

from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from app.services.opening import ShopClosedError
from tests.platform.support import running

PAGE = "https://shop.example"


# Recipe: Add a rate limit
async def test_reports_have_a_limit_of_their_own(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limit_enabled": True}))
    async with running(app) as client:
        paths = "/api/v1/reports", "/api/v1/reports/7", "/"
        responses = [await client.get(path) for path in paths]

    policies = [response.headers["RateLimit-Policy"] for response in responses]
    assert policies == ['"reports";q=5;w=60'] * 2 + ['"default";q=100;w=60']


# Recipe: Add middleware
async def test_every_response_names_the_shop(client: AsyncClient) -> None:
    assert (await client.get("/nowhere")).headers["X-Shop"] == "corner"


# Recipe: Let pages of other origins read and send a header
async def test_pages_send_and_read_headers_of_ours(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"cors_origins": (PAGE,)}))
    preflight = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "X-Till",
    }
    async with running(app) as client:
        allowed = await client.options("/", headers={"Origin": PAGE} | preflight)
        read = await client.get("/health/live", headers={"Origin": PAGE})

    assert allowed.status_code == 200
    assert "X-Shop" in read.headers["Access-Control-Expose-Headers"]


# Recipe: Add an error
async def test_errors_are_problems(settings: Settings) -> None:
    app = create_app(settings)
    add_failing_routes(app)
    async with running(app) as client:
        closed, wrong = [await client.get(path) for path in ("/closed", "/wrong")]

    assert (closed.status_code, closed.json()["code"]) == (409, "shop_closed")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unprocessable_content")


def add_failing_routes(app: FastAPI) -> None:
    @app.get("/closed")
    async def get_closed() -> None:
        raise ShopClosedError("Come back tomorrow")

    @app.get("/wrong")
    async def get_wrong() -> None:
        Decimal("twelve")


# Recipe: Check a dependency in readiness
async def test_the_disk_is_checked(client: AsyncClient) -> None:
    assert (await client.get("/health/ready")).json()["checks"]["disk"] == "ok"
