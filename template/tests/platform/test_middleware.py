"""A request through each middleware: an upgrade, or a middleware of yours, may break one."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx2 import AsyncClient

from app.core.config import Settings
from app.core.http.context import client_address
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import running

PAGE = "https://shop.example"
JSON = {"Content-Type": "application/json"}
STRICT = {
    "trusted_hosts": ("service.test",),
    "trusted_proxies": (ip_network("127.0.0.1"),),
    "cors_origins": (PAGE,),
    "max_body_bytes": 100,
}
router = APIRouter()


@router.post("/smoke/{number}")
async def post_smoke(
    request: Request, number: int, data: dict[str, int] | None = None
) -> list[str | None]:
    if number == 0:
        raise RuntimeError("a secret")
    return [client_address.get(), request.url.scheme]


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    extensions = Extensions(routers={"": [router]})
    return create_app(settings.model_copy(update=STRICT), extensions)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"headers": {"Host": "evil.example"}}, 400, "untrusted_host"),
        ({"method": "BREW"}, 405, "method_not_allowed"),
        ({"params": {"q": "x" * 9000}}, 414, "uri_too_long"),
        ({"content": b"x" * 101}, 413, "content_too_large"),
        ({"headers": JSON, "content": b'{"a": 1, "a": 2}'}, 400, "malformed_json"),
        ({"url": "/smoke/x"}, 422, "validation_failed"),
        ({"url": "/nothing"}, 404, "not_found"),
        ({"url": "/smoke/0"}, 500, "internal_error"),
    ],
)
async def test_a_refusal_is_a_problem(
    client: AsyncClient, sent: dict[str, Any], status: int, code: str
) -> None:
    response = await client.request(**{"method": "POST", "url": "/smoke/1", **sent})

    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == problem["request_id"]
    assert "secret" not in response.text


async def test_a_response_has_its_headers(client: AsyncClient) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "PATCH"}
    refused = await client.options("/api/v1/tenant", headers=asked | {"Origin": f"{PAGE}.evil"})
    headers = (await client.options("/api/v1/tenant", headers=asked)).headers

    assert refused.json()["code"] == "cross_origin_refused"
    assert headers["access-control-allow-origin"] == PAGE
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert headers["content-security-policy"] == "default-src 'self'"
    assert "server" not in headers


async def test_a_request_is_logged_and_counted(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    proxied = {"X-Forwarded-For": "203.0.113.1, 192.0.2.7", "X-Forwarded-Proto": "https"}
    response = await client.post("/smoke/7?code=secret", headers=proxied)
    metrics = (await client.get("/metrics")).text

    assert response.json() == ["192.0.2.7", "https"]
    assert response.headers["strict-transport-security"].startswith("max-age=31536000")
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["route"], line["client"], line["status"]) == ("/smoke/{number}", "192.0.2.7", 200)
    assert "secret" not in str(line)
    assert 'handler="/smoke/{number}",method="POST",status="200"' in metrics


async def test_a_rejected_request_has_retry_after(settings: Settings) -> None:
    limited = {"rate_limit_enabled": True, "rate_limit_requests": 1}
    async with running(create_app(settings.model_copy(update=limited))) as client:
        responses = [await client.get("/api/v1/auth/me") for _ in range(2)]

    assert [response.status_code for response in responses] == [401, 429]
    assert 0 < int(responses[1].headers["retry-after"]) <= 60
