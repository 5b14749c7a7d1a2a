import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'self'",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
}


@pytest.mark.parametrize("path", ["/health/live", "/nope", "/metrics"])
async def test_every_response_has_them(client: AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert HEADERS.items() <= dict(response.headers).items()
    assert "camera=()" in response.headers["permissions-policy"]
    assert "server" not in response.headers


async def test_a_preflight_has_them_too(client: AsyncClient) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = await client.options("/api/v1/auth/token", headers=headers)

    assert HEADERS.items() <= dict(response.headers).items()


@pytest.mark.parametrize(
    ("scheme", "environment", "insists"),
    [("http", "test", False), ("https", "test", True), ("http", "production", True)],
)
async def test_https_is_insisted_on_where_there_is_any(
    settings: Settings, scheme: str, environment: str, insists: bool
) -> None:
    changes = {
        "environment": environment,
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "trusted_hosts": ("service.test",),
        "trusted_proxies": (),
        "metrics_port": 9090,
        "public_url": "https://service.test",
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_from": "no-reply@service.example.com",
    }
    app: FastAPI = create_app(settings.model_copy(update=changes))

    async with running(app, scheme) as client:
        response = await client.get("/health/live")

    assert ("strict-transport-security" in response.headers) is insists
