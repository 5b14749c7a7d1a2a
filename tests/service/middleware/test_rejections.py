import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from app.core.config import Settings
from app.core.limits.sampler import Sampler
from app.main import create_app
from app.middleware import rejections
from tests.platform.support import Account, running

Headers = Callable[[Account], dict[str, str]]
SESSION = "/api/v1/auth/sessions/00000000-0000-4000-8000-000000000000"
TEMPLATE = "/api/v1/auth/sessions/{session_id}"


@pytest.fixture
async def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """A client of a service that takes one request a minute from each."""
    monkeypatch.setattr(rejections, "_lines", Sampler(per_second=3))
    limited = {"rate_limit_enabled": True, "rate_limit_requests": 1}
    async with running(create_app(settings.model_copy(update=limited))) as client:
        yield client


async def count_rejections(client: AsyncClient) -> dict[tuple[str, str], float]:
    text = (await client.get("/metrics")).text
    return {
        (sample.labels["policy"], sample.labels["route"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "http_rate_limit_rejections_total"
    }


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line.get("event") == "rate_limit"]


async def test_a_refusal_says_whose_and_where(
    client: AsyncClient, owner: Account, sign_in: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        response = await client.delete(SESSION, headers=sign_in(owner))

    [line] = read_lines(capsys)
    assert line["tenant"] == str(owner.tenant_id)
    assert line["user"] == str(owner.user_id)
    assert (line["policy"], line["route"], line["client"]) == ("default", TEMPLATE, "127.0.0.1")
    assert line["request_id"] == response.headers["x-request-id"]


async def test_refusals_are_counted_by_limit_and_route_and_not_by_path(client: AsyncClient) -> None:
    before = await count_rejections(client)
    for path in (SESSION, SESSION, f"{SESSION}/x", "/nope/1", "/nope/2", "/api/v1/auth/me"):
        await client.delete(path)
    after = await count_rejections(client)

    counted = {key: after[key] - before.get(key, 0) for key in after}
    assert counted[("default", TEMPLATE)] == 1
    assert counted[("default", "none")] == 3
    # No route has the method there; the path it has.
    assert counted[("default", "/api/v1/auth/me")] == 1


async def test_in_a_flood_some_lines_stand_for_all(
    client: AsyncClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("app.core.limits.sampler.monotonic", lambda: now)
    for _ in range(11):
        await client.get("/nope")
    now += 1
    await client.get("/nope")

    assert [line["left_out"] for line in read_lines(capsys)] == [0, 0, 0, 7]
