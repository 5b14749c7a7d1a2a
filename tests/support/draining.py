"""A service that is stopped with everything in flight."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import httpx

from tests.support.processes import Process
from tests.support.rendering import ROOT
from tests.support.services import EVERYTHING, Services
from tests.support.websockets import handshake, read_close_code, read_status

LASTING = "/api/v1/lasting"
# RFC 6455, section 7.4: the code of a restart.
SERVICE_RESTART = 1012
# Far more than is needed: it ends a hang.
HANG_SECONDS = 60


def with_lasting_routes(services: Services, place: Path) -> Path:
    service = services.copied(EVERYTHING.answers, place)
    return copytree(ROOT / "tests" / "probes" / "lasting", service, dirs_exist_ok=True)


def read_readiness(process: Process) -> httpx.Response:
    return httpx.get(process.client.base_url.join("/health/ready"), timeout=HANG_SECONDS)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@contextmanager
def drained(process: Process, folder: Path, threads: ThreadPoolExecutor) -> Iterator[None]:
    """Stop a process with everything in flight; the block runs while it serves on."""
    folder.mkdir()
    begun = [folder / "slow", folder / "background"]
    get, post = process.client.get, process.client.post
    slow = threads.submit(get, f"{LASTING}/slow", params={"path": str(begun[0]), "seconds": "3"})
    stream = threads.submit(get, f"{LASTING}/events")
    accepted = threads.submit(post, f"{LASTING}/background", params={"path": str(begun[1])})
    with handshake(process, f"{LASTING}/socket", {}) as opened:
        assert read_status(opened) == 101
        until(lambda: all(each.exists() for each in begun))
        process.popen.terminate()
        until(lambda: read_readiness(process).status_code == httpx.codes.SERVICE_UNAVAILABLE)
        ready = read_readiness(process)
        assert ready.json()["status"] == "draining"
        assert ready.headers["connection"] == "close"
        with handshake(process, f"{LASTING}/socket", {}) as late:
            assert read_status(late) == 101
            yield
            assert not stream.done()
            assert read_close_code(late) == SERVICE_RESTART
        assert read_close_code(opened) == SERVICE_RESTART
    assert stream.result().text.endswith("data: more\n\ndata: end\n\n")
    assert accepted.result().json() == "accepted"
    assert (slow.result().json(), slow.result().headers["connection"]) == ("done", "close")
    assert process.popen.wait(HANG_SECONDS) == 0
    assert begun[1].read_text() == "done"
