from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from fastapi import FastAPI, Request
from httpx2 import AsyncClient

from app.core.config import Settings
from app.core.http.context import client_address
from app.main import create_app
from tests.platform.support import running

# The tests' client is the proxy.
TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))


async def addresses_seen(
    settings: Settings,
    headers: Mapping[str, str] | list[tuple[str, str]],
    trusted: tuple[IPv4Network | IPv6Network, ...] = TRUSTED,
) -> list[str]:
    """Returns the client's address, the one that counts, and the scheme, as a route sees them."""
    app: FastAPI = create_app(settings.model_copy(update={"trusted_proxies": trusted}))

    @app.get("/who")
    async def get_who(request: Request) -> list[str | None]:
        assert request.client
        return [request.client.host, client_address.get(), request.url.scheme]

    async with running(app) as client:
        seen: list[str] = (await client.get("/who", headers=headers)).json()
        return seen


async def test_a_trusted_proxy_says_who_is_behind_it(settings: Settings) -> None:
    headers = {"X-Forwarded-For": "203.0.113.1, 192.0.2.7, 10.0.0.1", "X-Forwarded-Proto": "https"}

    assert await addresses_seen(settings, headers) == ["192.0.2.7", "192.0.2.7", "https"]


async def test_of_a_client_all_of_its_network_counts(settings: Settings) -> None:
    assert await addresses_seen(settings, {"X-Forwarded-For": "2001:db8::7"}) == [
        "2001:db8::7",
        "2001:db8::/64",
        "http",
    ]


async def test_headers_that_come_twice_are_one_list(settings: Settings) -> None:
    headers = [
        ("X-Forwarded-For", "203.0.113.1"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Proto", "https"),
    ]

    assert await addresses_seen(settings, headers) == ["192.0.2.7", "192.0.2.7", "https"]


@pytest.mark.parametrize("trusted", [(), (ip_network("10.0.0.0/8"),)])
async def test_other_addresses_are_not_trusted(
    settings: Settings, trusted: tuple[IPv4Network | IPv6Network, ...]
) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}

    assert await addresses_seen(settings, headers, trusted) == ["127.0.0.1", "127.0.0.1", "http"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Forwarded": "for=192.0.2.7;proto=https"},
        {"X-Real-IP": "192.0.2.7"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "gopher"},
        {"X-Forwarded-Proto": "https, http"},
        {"X-Forwarded-For": ""},
    ],
)
async def test_other_headers_and_values_say_nothing(
    settings: Settings, headers: dict[str, str]
) -> None:
    assert await addresses_seen(settings, headers) == ["127.0.0.1", "127.0.0.1", "http"]


async def test_https_behind_a_proxy_is_insisted_on(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": TRUSTED}))
    async with running(app) as client:
        response = await hsts(client, "https"), await hsts(client, "http")

    assert response == (True, False)


async def hsts(client: AsyncClient, scheme: str) -> bool:
    response = await client.get("/health/live", headers={"X-Forwarded-Proto": scheme})
    return "strict-transport-security" in response.headers
