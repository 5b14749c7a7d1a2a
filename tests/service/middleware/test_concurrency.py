"""Requests in progress are bounded, and those beyond are refused before they cost anything."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running

LIMIT = 2


@pytest.fixture
def release() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def client(settings: Settings, release: asyncio.Event) -> AsyncIterator[AsyncClient]:
    app = create_app(settings.model_copy(update={"limit_concurrency": LIMIT}))
    add_routes(app, release)
    async with running(app) as client:
        yield client


def add_routes(app: FastAPI, release: asyncio.Event) -> None:
    @app.get("/wait")
    async def wait() -> None:
        await release.wait()

    @app.get("/break")
    async def fail() -> None:
        raise RuntimeError


async def test_requests_beyond_the_limit_are_refused(
    client: AsyncClient, release: asyncio.Event
) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(client.get("/wait")) for _ in range(LIMIT)]
        await asyncio.sleep(0.1)
        refused = await client.get("/wait")
        probes = [await client.get(path) for path in ("/health/live", "/metrics")]
        release.set()

    assert refused.status_code == 503
    assert refused.json()["code"] == "service_unavailable"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["x-request-id"]
    assert [probe.status_code for probe in probes] == [200, 200]
    assert [task.result().status_code for task in waiting] == [200] * LIMIT


async def test_each_request_leaves_its_place(client: AsyncClient, release: asyncio.Event) -> None:
    release.set()
    statuses = [(await client.get(path)).status_code for path in ("/break", "/wait", "/nope") * 3]

    assert statuses == [500, 200, 404] * 3


async def test_a_cancelled_request_leaves_its_place(
    client: AsyncClient, release: asyncio.Event
) -> None:
    for _ in range(LIMIT):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.get("/wait")
    release.set()

    assert (await client.get("/wait")).status_code == 200
