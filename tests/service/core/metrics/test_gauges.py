import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry, Gauge

from app.core.config import Settings
from app.core.metrics import gauges
from app.core.metrics.gauges import Reading, refreshed
from app.core.settings.platform_version import PLATFORM_VERSION
from app.main import create_app
from service.support.series import read
from tests.platform.support import running


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "REFRESHED_SECONDS", 0.01)


async def test_a_gauge_follows_what_it_shows() -> None:
    gauge = Gauge("gauge", "A gauge.", registry=(registry := CollectorRegistry()))
    value, seen = 1, asyncio.Event()

    def look() -> float:
        seen.set()
        return value

    async with asyncio.timeout(5), refreshed([Reading(gauge, look)]):
        assert registry.get_sample_value("gauge") == 1
        value = 2
        seen.clear()
        await seen.wait()
        await asyncio.sleep(0)
        assert registry.get_sample_value("gauge") == 2


async def test_a_loop_that_is_held_up_is_seen() -> None:
    before = read("event_loop_lag_seconds_sum")
    async with refreshed([]):
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - this is the fault
        await asyncio.sleep(0.05)

    assert read("event_loop_lag_seconds_sum") - before > 0.25


async def test_the_time_that_the_process_computed_is_counted_once() -> None:
    before, computed = read("service_cpu_seconds_total"), time.process_time()
    async with refreshed([]):
        await asyncio.sleep(0.1)

    assert computed < read("service_cpu_seconds_total") - before < time.process_time()


async def test_a_service_says_what_it_is_and_what_it_holds(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"version": "4.5.6", "database_pool_size": 3}))
    async with running(app):
        assert read("service_build_info", version="4.5.6", platform=PLATFORM_VERSION) == 1
        assert read("service_processes") == 1
        assert read("database_pool_size") == 3
        assert read("database_pool_in_use") == read("database_pool_waiting") == 0
        assert read("password_hashes_pending") == 0
        assert read("password_hashes_capacity") == 17 * settings.password_hash_workers
