import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import Account

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
    answer = await client.get("/orders/7?token=secret")

    [line] = read_access_lines(capsys)
    assert line["method"] == "GET"
    assert line["path"] == "/orders/7"
    assert line["route"] == "/orders/{order_id}"
    assert line["status"] == 200
    assert line["duration_ms"] > 0
    assert line["request_id"] == answer.headers["x-request-id"]
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


@pytest.mark.parametrize(("path", "status"), [("/orders/broken", 500), ("/nope", 404)])
async def test_an_error_writes_one_line_too(
    client: AsyncClient, capsys: pytest.CaptureFixture[str], path: str, status: int
) -> None:
    await client.get(path)

    [line] = read_access_lines(capsys)
    assert line["status"] == status


async def test_a_path_does_not_fill_the_log(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/" + "x" * 5000)

    [line] = read_access_lines(capsys)
    assert len(line["path"]) == 1000
