import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from loguru import logger

from app.core.config import Settings
from app.core.limits.sampler import Sampler
from app.core.logging import configure_logging
from app.main import create_app
from app.middleware import access_log
from app.middleware.exchange import Exchange
from tests.platform.support import Account, running

Headers = Callable[[Account], dict[str, str]]


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)

    @app.get("/orders/{order_id}")
    async def get_order(order_id: str) -> None:
        if order_id == "broken":
            raise RuntimeError("broken")

    return app


def read_access_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line.get("event") == "access"]


async def test_a_request_writes_one_line(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await client.get("/orders/7?token=secret")

    [line] = read_access_lines(capsys)
    assert line["method"] == "GET"
    assert line["path"] == "/orders/7"
    assert line["route"] == "/orders/{order_id}"
    assert line["status"] == 200
    assert line["duration_ms"] > 0
    assert line["bytes"] == len(response.content) > 0
    assert line["request_id"] == response.headers["x-request-id"]
    assert line["user"] is None
    assert "secret" not in str(line)


async def test_the_route_is_named_with_its_prefix_and_the_user_with_their_tenant(
    client: AsyncClient, owner: Account, sign_in: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/api/v1/auth/me", headers=sign_in(owner))

    [line] = read_access_lines(capsys)
    assert line["route"] == "/api/v1/auth/me"
    assert line["user"] == str(owner.user_id)
    assert line["tenant"] == str(owner.tenant_id)
    assert line["credentials"] == "user"


@pytest.mark.parametrize(("path", "status"), [("/orders/broken", 500), ("/nope", 404)])
async def test_an_error_writes_one_line_too(
    client: AsyncClient, capsys: pytest.CaptureFixture[str], path: str, status: int
) -> None:
    await client.get(path)

    [line] = read_access_lines(capsys)
    assert line["status"] == status


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
@pytest.mark.parametrize(("status", "lines"), [(200, 0), (401, 1), (503, 1), (None, 1)])
def test_a_probe_or_scrape_is_logged_when_it_fails(
    capsys: pytest.CaptureFixture[str], path: str, status: int | None, lines: int
) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "state": {}}
    exchange = Exchange(scope)
    exchange.status = status
    access_log.log_request(exchange)

    assert [line["path"] for line in read_access_lines(capsys)] == [path] * lines


async def test_a_healthy_process_is_probed_in_silence(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await client.get("/health/live")).is_success
    assert read_access_lines(capsys) == []
    await client.post("/health/live")
    assert [line["status"] for line in read_access_lines(capsys)] == [405]


async def test_a_path_does_not_fill_the_log(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/" + "x" * 5000)

    [line] = read_access_lines(capsys)
    assert len(line["path"]) == 1000


async def test_a_flood_of_refusals_is_sampled(
    client: AsyncClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("app.core.limits.sampler.monotonic", lambda: now)
    monkeypatch.setattr(access_log, "_refusals", Sampler(3))
    refused = [("GET", "/nope%00", {}), ("BREW", "/nope", {}), ("GET", "/", {"Host": "["})] * 3
    for method, path, headers in refused:
        await client.request(method, path, headers=headers)
        await client.get("/nope")
    now += 1
    await client.get("/nope%00")

    lines = read_access_lines(capsys)
    assert [line["status"] for line in lines if line["status"] == 404] == [404] * 9
    assert [line.get("left_out") for line in lines if line["status"] != 404] == [None] * 3 + [6]


async def test_a_rejection_is_a_refusal(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.limits.sampler.monotonic", lambda: 100.0)
    monkeypatch.setattr(access_log, "_refusals", Sampler(2))
    limited = {"rate_limit_enabled": True, "rate_limit_requests": 1}
    async with running(create_app(settings.model_copy(update=limited))) as client:
        for _ in range(9):
            await client.get("/nope")

    assert [line["status"] for line in read_access_lines(capsys)] == [404, 429, 429]


async def test_lines_of_requests_follow_the_level(
    client: AsyncClient, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("WARNING")
    await client.get("/nope")
    configure_logging(settings.log_level)

    assert read_access_lines(capsys) == []


async def test_a_full_disk_or_a_closed_pipe_costs_no_response(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w") as full:  # noqa: ASYNC230 - a device, which nothing waits for
        monkeypatch.setattr("sys.stdout", full)
        response = await client.get("/orders/7")
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    assert response.status_code == 200
    assert response.content == b"null"

    monkeypatch.setattr("sys.stdout", full)
    assert (await client.get("/orders/7")).content == b"null"


async def test_a_line_is_as_loguru_writes_its_own(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/nope")
    logger.info("another")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [access] = [line for line in lines if line.get("event") == "access"]
    [other] = [line for line in lines if line["message"] == "another"]
    assert list(access)[:4] == list(other)[:4] == ["time", "level", "logger", "message"]
    assert (access["level"], access["message"]) == (other["level"], "request")
    times = [datetime.fromisoformat(line["time"]) for line in (access, other)]
    assert abs(times[0] - times[1]) < timedelta(minutes=1)
