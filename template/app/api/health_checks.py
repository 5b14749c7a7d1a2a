"""The checks of readiness: each thing that a process holds brings its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from loguru import logger
from prometheus_client import Gauge

from app.core.errors import DegradedError

# Probes time out after a second or two; a later result is useless.
TIMEOUT_SECONDS = 1.0
# Anyone may send probes, as often as they like: the checks take connections from the pool of the requests.
SHARED_SECONDS = 1.0


Result = Literal["ok", "degraded", "failed"]

check_results = Gauge(
    "readiness_check",
    "The last result of each check of readiness: 1 is ok, 0.5 degraded, 0 failed.",
    ["check", "required"],
    multiprocess_mode="livemostrecent",
)
_VALUES: dict[Result, float] = {"ok": 1, "degraded": 0.5, "failed": 0}


@dataclass(frozen=True, slots=True)
class Check:
    """Something to try. What is not required only informs.

    `ping` raises when it is not well: DegradedError while it works in part, which is ready still.
    """

    name: str
    ping: Callable[[], Awaitable[None]]
    required: bool = True


class Readiness:
    """The results of the checks; requests within a second of each other share one run."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = checks
        self._run: asyncio.Task[dict[str, Result]] | None = None
        self._started = 0.0

    async def read(self) -> dict[str, Result]:
        """Returns the results of the checks."""
        if self._run is None or monotonic() - self._started >= SHARED_SECONDS:
            self._started = monotonic()
            self._run = asyncio.create_task(run_checks(self.checks))
        # The others still wait for it when one of them is cancelled.
        return await asyncio.shield(self._run)


async def run_checks(checks: Sequence[Check]) -> dict[str, Result]:
    """Runs all at once. Reasons go to the log, not to the client."""
    results = await asyncio.gather(*(_run(check) for check in checks))
    for check, result in zip(checks, results, strict=True):
        check_results.labels(check.name, str(check.required).lower()).set(_VALUES[result])
    return {check.name: result for check, result in zip(checks, results, strict=True)}


async def _run(check: Check) -> Result:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await check.ping()
    except Exception as exc:  # noqa: BLE001 - drivers raise what they like
        logger.bind(check=check.name, error=repr(exc)).warning("health check failed")
        return "degraded" if isinstance(exc, DegradedError) else "failed"
    return "ok"
