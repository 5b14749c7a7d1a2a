import pytest
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.com", 200),
        ("API.Example.com:8000", 200),
        ("a.shop.example", 200),
        ("shop.example", 400),
        ("evil-shop.example", 400),
        ("api.example.com.evil.example", 400),
        ("[2001:db8::1]:8000", 200),
        ("[2001:DB8::1]", 200),
        ("[2001:db8::2]", 400),
        ("2001:db8::1", 400),
        ("api.example.com:", 400),
        ("api.example.com/", 400),
        ("[", 400),
        ("", 400),
    ],
)
async def test_a_host_is_on_the_list_or_refused(settings: Settings, host: str, status: int) -> None:
    hosts = ("api.example.com", "*.shop.example", "2001:db8::1")
    app = create_app(settings.model_copy(update={"trusted_hosts": hosts}))

    async with running(app) as client:
        response = await client.get("/docs", headers={"Host": host})

    assert response.status_code == status


@pytest.mark.parametrize("hosts", [["a.example", "a.example"], ["a.example", "b.example"], ["["]])
async def test_where_any_host_is_trusted_there_is_still_one(
    client: AsyncClient, hosts: list[str]
) -> None:
    response = await client.get("/docs", headers=[("Host", host) for host in hosts])

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/healthy", 400),
        ("GET", "/health/live/x", 400),
        ("POST", "/health/live", 400),
        ("GET", "/metrics", 200),
        ("GET", "/metrics/x", 400),
        ("POST", "/metrics", 400),
        ("GET", "/docs", 400),
    ],
)
async def test_only_probes_and_scrapes_are_exempt(
    settings: Settings, method: str, path: str, status: int
) -> None:
    app = create_app(settings.model_copy(update={"trusted_hosts": ("api.example.com",)}))

    async with running(app) as client:
        assert (await client.request(method, path)).status_code == status
