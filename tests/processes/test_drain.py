"""What SIGTERM ends, and in which order: readiness, the listener, requests, and the process."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.draining import HANG_SECONDS, LASTING, drained, until, with_lasting_routes
from tests.support.following import following
from tests.support.processes import Process, app, serving
from tests.support.rendering import run
from tests.support.server_process import free_port
from tests.support.servers import Redis
from tests.support.services import Services

REQUESTS = 2_000
SERVE = app("serve")
FACTORY = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--port", "PORT"]
# Nothing is waited for long.
SHORT = {"SHUTDOWN_DRAIN_SECONDS": "0", "SHUTDOWN_GRACE_SECONDS": "0.2"}
CANCELLED = "1 running task(s), timeout graceful shutdown exceeded"

each_number = pytest.mark.parametrize("workers", ["1", "2"])


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_lasting_routes(services, tmp_path_factory.mktemp("drain") / "service")


@pytest.fixture
def environment(tmp_path: Path, redis: Redis) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
        "REDIS_URL": redis.empty_url(1),
        "RATE_LIMIT_ENABLED": "false",
        "WEBSOCKETS_ENABLED": "true",
        "SHUTDOWN_DRAIN_SECONDS": "1",
    }


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
def serving_request(
    service: Path,
    folder: Path,
    path: str,
    environment: dict[str, str],
    command: Sequence[str] = SERVE,
) -> Iterator[Process]:
    """Enter when the service serves a request of this path."""
    begun = folder / "begun"
    with (
        serving(service, folder / "log", [*command], **environment) as process,
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


@pytest.fixture
def draining(service: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    """A process whose two workers drain while a request of one is in progress."""
    environment |= {"WORKERS": "2"}
    with serving_request(service, tmp_path, f"{LASTING}/slow", environment) as process:
        until(lambda: len(workers_of(process)) == 2)
        process.popen.terminate()
        until(lambda: process.log.read_text().count("draining") == 2)
        yield process


def test_an_init_may_signal_the_whole_group(draining: Process) -> None:
    for worker in workers_of(draining):
        os.kill(worker, signal.SIGTERM)
    assert draining.popen.wait(HANG_SECONDS) == 0
    [line] = [line for line in draining.log_lines() if line.get("path") == f"{LASTING}/slow"]
    assert line["status"] == 200


def test_a_worker_that_dies_in_the_drain_leaves_the_others(draining: Process) -> None:
    os.kill(workers_of(draining)[0], signal.SIGKILL)
    until(lambda: "worker did not end its work" in draining.log.read_text())
    assert draining.client.get("/health/live").is_success
    assert draining.popen.wait(HANG_SECONDS) == 1
    assert len(workers_of(draining)) == 2


def workers_of(process: Process) -> list[int]:
    lines = [line for line in process.log_lines() if line["message"] == "worker started"]
    return [int(line["worker"]) for line in lines]


def test_another_server_waits_for_requests_and_does_not_drain(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    environment |= {"METRICS_PORT": str(port)}
    with serving_request(service, tmp_path, f"{LASTING}/slow", environment, FACTORY) as process:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/metrics")
        process.popen.terminate()
        assert process.popen.wait(HANG_SECONDS) == -signal.SIGTERM
        assert "draining" not in process.log.read_text()
        [line] = [line for line in process.log_lines() if line.get("path") == f"{LASTING}/slow"]
        assert line["status"] == 200
