"""What SIGTERM ends, and in which order: readiness, the listener, requests, and the process."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import httpx
import pytest

from tests.support.following import following
from tests.support.processes import Process, app, serving
from tests.support.rendering import ROOT, run
from tests.support.server_process import free_port
from tests.support.servers import Redis
from tests.support.services import EVERYTHING, Services
from tests.support.websockets import handshake, read_close_code, read_status

LASTING = "/api/v1/lasting"
REQUESTS = 2_000
# RFC 6455, section 7.4: the code of a restart.
SERVICE_RESTART = 1012
# Far more than is needed: it ends a hang.
HANG_SECONDS = 60

# Nothing is waited for long.
SHORT = {"SHUTDOWN_DRAIN_SECONDS": "0", "SHUTDOWN_GRACE_SECONDS": "0.2"}
CANCELLED = "1 running task(s), timeout graceful shutdown exceeded"

each_number = pytest.mark.parametrize("workers", ["1", "2"])


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("drain") / "service")
    copytree(ROOT / "tests" / "probes" / "lasting", service, dirs_exist_ok=True)
    return service


@pytest.fixture
def environment(tmp_path: Path, redis: Redis) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
        "REDIS_URL": redis.empty_url(1),
        "RATE_LIMIT_ENABLED": "false",
        "WEBSOCKETS_ENABLED": "true",
        "SHUTDOWN_DRAIN_SECONDS": "1",
    }


def read_readiness(process: Process) -> httpx.Response:
    return httpx.get(process.client.base_url.join("/health/ready"), timeout=HANG_SECONDS)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_clients_that_follow_readiness_lose_nothing(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run(service, "make", "migrate", **environment)
    port = free_port()
    pair = {"WORKERS": "2", "METRICS_PORT": str(port)}
    with (
        serving(service, tmp_path / "one.log", app("serve"), **environment) as one,
        serving(service, tmp_path / "two.log", app("serve"), **environment, **pair) as two,
        ThreadPoolExecutor() as threads,
    ):
        until(lambda: two.log.read_text().count("worker started") == 2)
        urls = [str(each.client.base_url).rstrip("/") for each in (one, two)]
        with following(urls, f"{LASTING}/quick") as clients:
            clients.wait_for(REQUESTS // 4)
            with drained(two, tmp_path / "two", threads):
                assert httpx.get(f"http://127.0.0.1:{port}/metrics").is_success
            clients.wait_for(REQUESTS)
            with drained(one, tmp_path / "one", threads):
                pass
        assert clients.lost == []
        assert set(clients.served) == set(urls)


@contextmanager
def drained(process: Process, folder: Path, threads: ThreadPoolExecutor) -> Iterator[None]:
    """Stop a process with everything in flight; the block runs while it serves on."""
    folder.mkdir()
    begun = [folder / "slow", folder / "background"]
    get, post = process.client.get, process.client.post
    slow = threads.submit(get, f"{LASTING}/slow", params={"path": str(begun[0])})
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


@contextmanager
def serving_request(
    service: Path, folder: Path, path: str, environment: dict[str, str]
) -> Iterator[Process]:
    """Enter when the service serves a request of this path."""
    begun = folder / "begun"
    with (
        serving(service, folder / "log", app("serve"), **environment) as process,
        ThreadPoolExecutor() as threads,
    ):
        url = process.client.base_url.join(path)
        threads.submit(httpx.get, url, params={"path": str(begun)}, timeout=HANG_SECONDS)
        until(begun.exists)
        yield process


@each_number
def test_a_second_sigterm_ends_it_at_once(
    service: Path, environment: dict[str, str], tmp_path: Path, workers: str
) -> None:
    environment |= {"WORKERS": workers, "SHUTDOWN_DRAIN_SECONDS": "600"}
    with serving_request(service, tmp_path, f"{LASTING}/stuck", environment) as process:
        process.popen.terminate()
        until(lambda: "draining" in process.log.read_text())
        assert process.popen.poll() is None
        process.popen.terminate()
        assert process.popen.wait(HANG_SECONDS) == 1


def test_ctrl_c_waits_for_requests_alone(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"SHUTDOWN_DRAIN_SECONDS": "600"}
    with serving_request(service, tmp_path, f"{LASTING}/slow", environment) as process:
        process.popen.send_signal(signal.SIGINT)
        assert process.popen.wait(HANG_SECONDS) == 0
        assert "draining" not in process.log.read_text()
        [line] = [line for line in process.log_lines() if line.get("path") == f"{LASTING}/slow"]
        assert line["status"] == 200


def test_a_request_that_waits_for_too_long_is_cancelled(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with serving_request(service, tmp_path, f"{LASTING}/slow", environment | SHORT) as process:
        process.popen.terminate()
        assert process.popen.wait(HANG_SECONDS) == 0
        assert CANCELLED in process.log.read_text()


@each_number
def test_a_thread_that_does_not_end_is_left(
    service: Path, environment: dict[str, str], tmp_path: Path, workers: str
) -> None:
    environment |= {"WORKERS": workers, **SHORT}
    with serving_request(service, tmp_path, f"{LASTING}/stuck", environment) as process:
        process.popen.terminate()
        assert process.popen.wait(HANG_SECONDS) == 1
        log = process.log.read_text()
        assert CANCELLED in log
        assert "in stuck" in log


def test_an_init_may_signal_the_whole_group(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"WORKERS": "2"}
    with serving_request(service, tmp_path, f"{LASTING}/slow", environment) as process:
        started = [line for line in process.log_lines() if line["message"] == "worker started"]
        process.popen.terminate()
        until(lambda: process.log.read_text().count("draining") == len(started))
        for line in started:
            os.kill(int(line["worker"]), signal.SIGTERM)
        assert process.popen.wait(HANG_SECONDS) == 0
        [line] = [line for line in process.log_lines() if line.get("path") == f"{LASTING}/slow"]
        assert line["status"] == 200
