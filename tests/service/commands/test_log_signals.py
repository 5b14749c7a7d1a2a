import asyncio
import json
import logging
import os
import signal
from collections.abc import Iterator

import pytest
from loguru import logger

from app.commands.log_signals import follow_log_signals
from app.core.config import Settings
from app.core.logging import configure_logging, set_level


@pytest.fixture(autouse=True)
def at_info() -> Iterator[None]:
    configure_logging("INFO")
    yield
    set_level("INFO", of_libraries="INFO")


def log_details(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Logs what is below INFO, and returns what of it was written."""
    capsys.readouterr()
    logger.debug("a detail of ours")
    logging.getLogger("library").debug("a detail of a library")
    return {json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()}


@pytest.mark.parametrize(
    ("environment", "written"),
    [
        ("development", {"a detail of ours", "a detail of a library"}),
        ("production", {"a detail of ours"}),
    ],
)
async def test_signals_set_the_level_and_hold_libraries_back_in_production(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    environment: str,
    written: set[str],
) -> None:
    handed_on = asyncio.Queue[signal.Signals]()
    changed = settings.model_copy(update={"environment": environment, "log_level": "INFO"})
    follow_log_signals(changed, handed_on.put_nowait)
    assert log_details(capsys) == set()

    # Twice: a signal says which level, and not "the other one".
    for number, details in [(signal.SIGUSR1, written)] * 2 + [(signal.SIGUSR2, set[str]())] * 2:
        os.kill(os.getpid(), number)
        assert await handed_on.get() == number
        assert log_details(capsys) == details

    for number in (signal.SIGUSR1, signal.SIGUSR2):
        asyncio.get_running_loop().remove_signal_handler(number)
