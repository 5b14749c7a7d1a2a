"""What readiness asks: each thing that a process holds brings its own check."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from loguru import logger

# Probes time out after a second or two; a later result is useless.
TIMEOUT_SECONDS = 1.0
# Anyone may ask, as often as they like: the checks take connections from the pool of the requests.
SHARED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """Something to ask. `ping` raises when it is not well; what is not required only informs."""

    name: str
    ping: Callable[[], Awaitable[None]]
    required: bool = True


class Readiness:
    """The results of the checks; requests within a second of each other share one run."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = checks
        self._run: asyncio.Task[dict[str, bool]] | None = None
        self._started = 0.0

    async def read(self) -> dict[str, bool]:
        """Returns which checks passed."""
        if self._run is None or monotonic() - self._started >= SHARED_SECONDS:
            self._started = monotonic()
            self._run = asyncio.create_task(run_checks(self.checks))
        # The others still wait for it when one of them is cancelled.
        return await asyncio.shield(self._run)


async def run_checks(checks: Sequence[Check]) -> dict[str, bool]:
    """Runs all at once; returns which of them passed. Reasons go to the log, not to the client."""
    results = await asyncio.gather(*(_passes(check) for check in checks))
    return {check.name: healthy for check, healthy in zip(checks, results, strict=True)}


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await check.ping()
    except Exception as exc:  # noqa: BLE001 - drivers raise what they like
        logger.bind(check=check.name, error=repr(exc)).warning("health check failed")
        return False
    return True
