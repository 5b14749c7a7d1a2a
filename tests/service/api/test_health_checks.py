import asyncio

import pytest

from app.api import health_checks
from app.api.health_checks import Check, Readiness, run_checks
from app.core.errors import DegradedError
from service.support.series import read


async def passes() -> None:
    pass


async def fails() -> None:
    raise ConnectionError("gone")


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_each_check_has_its_own_result() -> None:
    assert await run_checks([Check("a", passes), Check("b", fails)]) == {"a": "ok", "b": "failed"}


async def limps() -> None:
    raise DegradedError


async def test_the_last_result_of_each_is_in_the_metrics() -> None:
    def values() -> list[float]:
        return [read("readiness_check", check=name, required="true") for name in "abc"]

    await run_checks([Check("a", passes), Check("b", limps), Check("c", fails)])
    assert values() == [1, 0.5, 0]

    await run_checks([Check("a", fails), Check("b", passes), Check("d", fails, required=False)])
    assert values() == [0, 1, 0]
    assert read("readiness_check", check="d", required="false") == 0


async def test_a_hanging_check_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "TIMEOUT_SECONDS", 0.01)

    assert await run_checks([Check("a", hangs), Check("b", passes)]) == {"a": "failed", "b": "ok"}


async def test_checks_run_side_by_side() -> None:
    met = asyncio.Barrier(2)

    async def meets() -> None:
        await met.wait()

    assert await run_checks([Check("a", meets), Check("b", meets)]) == {"a": "ok", "b": "ok"}


class Counting:
    """A check that counts its runs, and passes or fails as it is told."""

    def __init__(self) -> None:
        self.runs = 0
        self.well = True

    async def ping(self) -> None:
        self.runs += 1
        await asyncio.sleep(0)
        if not self.well:
            raise ConnectionError("gone")


async def test_probes_within_a_second_share_one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(health_checks, "monotonic", lambda: now)
    counting = Counting()
    readiness = Readiness([Check("a", counting.ping)])

    assert await asyncio.gather(*(readiness.read() for _ in range(400))) == [{"a": "ok"}] * 400
    now += 0.9
    counting.well = False
    assert await readiness.read() == {"a": "ok"}
    assert counting.runs == 1
    now += 0.1
    assert await readiness.read() == {"a": "failed"}
    assert counting.runs == 2


async def test_a_cancelled_probe_leaves_the_result_to_the_others() -> None:
    readiness = Readiness([Check("a", Counting().ping)])
    first = asyncio.create_task(readiness.read())
    second = asyncio.create_task(readiness.read())
    await asyncio.sleep(0)
    first.cancel()

    assert await second == {"a": "ok"}
