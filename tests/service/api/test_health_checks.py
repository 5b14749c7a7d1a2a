import asyncio

import pytest

from app.api import health_checks
from app.api.health_checks import Check, run_checks


async def passes() -> None:
    pass


async def fails() -> None:
    raise ConnectionError("gone")


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_each_check_is_answered_for_itself() -> None:
    assert await run_checks([Check("a", passes), Check("b", fails)]) == {"a": True, "b": False}


async def test_what_hangs_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "TIMEOUT_SECONDS", 0.01)

    assert await run_checks([Check("a", hangs), Check("b", passes)]) == {"a": False, "b": True}


async def test_checks_run_side_by_side() -> None:
    met = asyncio.Barrier(2)

    async def meets() -> None:
        await met.wait()

    assert await run_checks([Check("a", meets), Check("b", meets)]) == {"a": True, "b": True}
