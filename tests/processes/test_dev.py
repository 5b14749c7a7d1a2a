"""`make dev` serves the code as it is now, and ends with Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.newer_release import replace
from tests.support.processes import Process, serving
from tests.support.services import EVERYTHING, Services
from tools.running import START_SECONDS


def test_the_server_restarts_after_a_change(services: Services, tmp_path: Path) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    with serving(service, tmp_path / "log", ["make", "dev"]) as process:
        try:
            assert title(process) == "My Service"
            replace(service / "app/core/settings/project.py", '"My Service"', '"Another"')
            wait_until(lambda: title(process) == "Another")
        finally:
            os.killpg(process.popen.pid, signal.SIGINT)
        wait_until(lambda: title(process) is None)


def title(process: Process) -> str | None:
    try:
        return str(process.client.get("/openapi.json").json()["info"]["title"])
    except httpx.HTTPError:
        return None


def wait_until(happens: Callable[[], bool]) -> None:
    """Give up after far longer than it takes, so that a hang ends."""
    deadline = time.monotonic() + START_SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)
