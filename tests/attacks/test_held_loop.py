"""No request within the limits holds a process: others are served meanwhile.

GROUNDWORK_TABLE names a file for the rows of the table in template/docs/edge.md.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.attacks.hostile.costly import COSTLY
from tests.attacks.hostile.requests import Attack
from tests.attacks.test_hostile import Target, with_probes
from tests.support.attacked import make_ready
from tests.support.processes import app, serving
from tests.support.services import NOTHING, Services

# Bounds on a hang, far above what is expected on a busy machine.
REQUEST_SECONDS, OTHERS_SECONDS = 2, 0.5
TABLE, ROUNDS = os.environ.get("GROUNDWORK_TABLE", ""), 15


class Held:
    """A service with its default limits, and a client that asks for its health all the time."""

    def __init__(
        self, target: Target, pid: int, url: httpx.URL, threads: ThreadPoolExecutor
    ) -> None:
        self._target = target
        # Of the thread that runs the loop: how many nanoseconds it was on a core.
        self._busy = Path(f"/proc/{pid}/task/{pid}/schedstat")
        self._url = url
        self._threads = threads

    def send(self, attack: Attack) -> tuple[int, float, float]:
        """Return the status, the seconds that it took, and the longest that another waited."""
        with httpx.Client(base_url=self._url, timeout=20) as client:
            client.get("/health/live")
            began = time.perf_counter()
            sending = self._threads.submit(self._target.send, attack.sent)
            longest = 0.0
            while not sending.done():
                asked = time.perf_counter()
                client.get("/health/live").raise_for_status()
                longest = max(longest, time.perf_counter() - asked)
            response, _ = sending.result()
            return response.status, time.perf_counter() - began, longest

    def measure(self, attack: Attack) -> tuple[float, float]:
        """Return the seconds that it took alone, and those that the loop computed for it."""
        before, began = self._computed(), time.perf_counter()
        self._target.send(attack.sent)
        return time.perf_counter() - began, self._computed() - before

    def _computed(self) -> float:
        return int(self._busy.read_text(encoding="ascii").split()[0]) / 1e9


@pytest.fixture(scope="module")
def held(
    request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Held]:
    folder: Path = tmp_path_factory.mktemp("held")
    service = with_probes(services, NOTHING, folder)
    environment = make_ready(service, NOTHING, folder, request)
    with (
        serving(service, folder / "log", app("serve"), **environment) as process,
        ThreadPoolExecutor(1) as threads,
    ):
        yield Held(
            Target(process, is_sqlite=True), process.popen.pid, process.client.base_url, threads
        )


@pytest.mark.parametrize("attack", COSTLY, ids=str)
def test_other_requests_are_served_meanwhile(held: Held, attack: Attack) -> None:
    status, seconds, others = held.send(attack)

    assert status == attack.status
    assert seconds < REQUEST_SECONDS
    assert others < OTHERS_SECONDS
    if TABLE:
        write_row(attack, [held.measure(attack) for _ in range(ROUNDS)])


def write_row(attack: Attack, measured: list[tuple[float, float]]) -> None:
    """Add the smallest of all rounds, in milliseconds: a busy machine only adds to it."""
    seconds, computed = (min(each) * 1000 for each in zip(*measured, strict=True))
    with Path(TABLE).open("a", encoding="utf-8") as table:
        table.write(f"| {attack.name} | {seconds:.0f} | {computed:.0f} |\n")
