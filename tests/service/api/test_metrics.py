"""/metrics on the public listener, and whom it is kept from."""

from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr, TypeAdapter

from app.core.config import Settings
from app.core.settings.types import Networks
from app.main import create_app
from tests.platform.support import running

TOKEN = "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"


def read_networks(text: str) -> Any:
    return TypeAdapter[Any](Networks).validate_python(text)


async def scrape(
    settings: Settings, headers: dict[str, str] | None = None, **given: Any
) -> Response:
    app = create_app(settings.model_copy(update=given))
    async with running(app) as client:
        return await client.get("/metrics", headers=headers)


async def test_a_laptop_shows_them_to_anybody(settings: Settings) -> None:
    response = await scrape(settings)

    assert response.status_code == 200
    assert "security_events_total" in response.text


async def test_with_a_port_of_their_own_they_are_not_here(settings: Settings) -> None:
    response = await scrape(settings, metrics_port=9090)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_metrics_are_read_with_the_token(settings: Settings) -> None:
    token = SecretStr(TOKEN)
    allowed = await scrape(settings, {"Authorization": f"Bearer {TOKEN}"}, metrics_token=token)
    refused = await scrape(settings, {"Authorization": "Bearer other"}, metrics_token=token)

    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "security_events" not in refused.text


# The client of these tests is 127.0.0.1.
@pytest.mark.parametrize(
    ("networks", "headers", "status"),
    [
        ("127.0.0.0/8", {}, 200),
        ("10.0.0.0/8", {}, 403),
        # Through a proxy that TRUSTED_PROXIES does not name.
        ("127.0.0.0/8", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("127.0.0.0/8", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}, 403),
    ],
)
async def test_metrics_are_read_from_the_networks(
    settings: Settings, networks: str, headers: dict[str, str], status: int
) -> None:
    response = await scrape(settings, headers, metrics_networks=read_networks(networks))

    assert response.status_code == status


async def test_a_trusted_proxy_says_where_a_scrape_comes_from(settings: Settings) -> None:
    given = {
        "metrics_networks": read_networks("10.0.0.0/8"),
        "trusted_proxies": read_networks("127.0.0.1"),
    }

    assert (await scrape(settings, {"X-Forwarded-For": "10.0.0.9"}, **given)).status_code == 200
    assert (await scrape(settings, {"X-Forwarded-For": "192.0.2.9"}, **given)).status_code == 403


async def test_a_scrape_by_address_is_not_refused_by_the_trusted_hosts(settings: Settings) -> None:
    response = await scrape(settings, {"Host": "10.1.2.3:8000"}, trusted_hosts=("api.example.com",))

    assert response.status_code == 200
