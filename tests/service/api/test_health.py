from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from app.api.health import router
from app.api.health_checks import Check, Readiness
from app.core.config import Settings
from app.core.errors import DegradedError
from app.core.http.shutdown import Shutdown
from app.core.settings import project
from app.core.settings.platform_version import PLATFORM_VERSION
from tests.platform.support import running


async def passes() -> None:
    pass


async def fails() -> None:
    raise ConnectionError("secret")


async def limps() -> None:
    raise DegradedError("secret")


async def probe(
    settings: Settings, path: str, *checks: Check, shutdown: Shutdown | None = None
) -> Response:
    """Asks a service that has these checks and nothing else."""
    shutdown = shutdown or Shutdown()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        yield {"settings": settings, "readiness": Readiness(checks), "shutdown": shutdown}

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    async with running(app) as client:
        return await client.get(path)


async def test_a_live_process_asks_nothing(settings: Settings) -> None:
    response = await probe(settings, "/health/live", Check("database", fails))

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


async def test_ready_when_every_check_passes(settings: Settings) -> None:
    response = await probe(settings, "/health/ready", Check("a", passes), Check("b", passes))

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"a": "ok", "b": "ok"}}


async def test_not_ready_without_what_is_required(settings: Settings) -> None:
    response = await probe(settings, "/health/ready", Check("a", passes), Check("b", fails))

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "checks": {"a": "ok", "b": "failed"}}
    assert "secret" not in response.text


async def test_ready_without_what_is_not_required(settings: Settings) -> None:
    response = await probe(settings, "/health/ready", Check("a", fails, required=False))

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"a": "failed"}}


@pytest.mark.parametrize("required", [True, False])
async def test_a_degraded_check_is_ready(settings: Settings, required: bool) -> None:
    response = await probe(settings, "/health/ready", Check("a", limps, required=required))

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"a": "degraded"}}


@pytest.mark.parametrize("ping", [passes, fails])
async def test_not_ready_while_the_process_drains(
    settings: Settings, ping: Callable[[], Awaitable[None]]
) -> None:
    shutdown = Shutdown()
    shutdown.is_draining = True
    response = await probe(settings, "/health/ready", Check("a", ping), shutdown=shutdown)

    assert response.status_code == 503
    assert response.json()["status"] == "draining"


async def test_health_names_the_service(settings: Settings) -> None:
    response = await probe(settings, "/health", Check("a", passes))

    assert response.status_code == 200
    assert response.json() == {
        "name": project.NAME,
        "version": settings.version,
        "platform": PLATFORM_VERSION,
        "status": "ok",
        "checks": {"a": "ok"},
    }


async def test_the_service_asks_its_database(client: AsyncClient) -> None:
    assert (await client.get("/health/ready")).json()["checks"]["database"] == "ok"
