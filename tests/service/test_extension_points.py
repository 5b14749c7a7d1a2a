"""Each field of Extensions: what a service that fills it gets."""

from dataclasses import MISSING, fields, is_dataclass

import pytest
from fastapi import APIRouter
from httpx2 import AsyncClient

from app.api.health_checks import Check
from app.context import AppContext
from app.core.config import Settings
from app.core.principal import Permissions
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import running

PAGE = "https://shop.example"


@pytest.mark.parametrize("seam", [Extensions, Permissions])
def test_a_seam_of_an_older_service_lacks_nothing(seam: type) -> None:
    """A release that adds a field without a default would stop every service born before it."""
    assert is_dataclass(seam)
    for field in fields(seam):
        assert field.default is not MISSING or field.default_factory is not MISSING, field.name


async def test_routers_are_found_below_their_prefix(settings: Settings) -> None:
    router = APIRouter()

    @router.get("/extended")
    async def list_extended() -> list[str]:
        return []

    app = create_app(settings, Extensions(routers={"/api/v2": [router], "": [router]}))
    async with running(app) as client:
        paths = ("/api/v2/extended", "/extended", "/api/v1/extended")
        found = [await client.get(path) for path in paths]

    assert [each.status_code for each in found] == [200, 200, 404]


async def test_readiness_has_checks_of_the_team(settings: Settings) -> None:
    def check_shop(context: AppContext) -> Check:
        async def ping() -> None:
            raise ConnectionError(context.settings.public_url)

        return Check("shop", ping)

    app = create_app(settings, Extensions(checks=[check_shop]))
    async with running(app) as client:
        response = await client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["shop"] == "failed"


async def test_pages_send_and_read_headers_of_the_team(settings: Settings) -> None:
    extensions = Extensions(cors_request_headers=["X-Shop"], cors_exposed_headers=["X-Total"])
    app = create_app(settings.model_copy(update={"cors_origins": (PAGE,)}), extensions)
    async with running(app) as client:
        allowed = await preflight(client, "X-Shop, If-Match")
        refused = await preflight(client, "X-Other")
        read = await client.get("/health/live", headers={"Origin": PAGE})

    assert (allowed, refused) == (200, 400)
    assert {"X-Total", "ETag"} <= set(read.headers["access-control-expose-headers"].split(", "))


async def preflight(client: AsyncClient, headers: str) -> int:
    preflight = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }
    return (await client.options("/api/v1/auth/token", headers=preflight)).status_code
