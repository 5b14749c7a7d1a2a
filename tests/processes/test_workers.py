"""`python -m app serve` with several workers: what they share, and how each of them ends."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.processes import Process, app, serving
from tests.support.rendering import clean_environment
from tests.support.server_process import free_port
from tests.support.servers import Redis
from tests.support.services import EVERYTHING, Services

# Far more than is needed: it ends a hang.
HANG_SECONDS = 60
REQUESTS = 20
POOL_SIZE = 7


@pytest.fixture
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture
def environment(tmp_path: Path, redis: Redis) -> dict[str, str]:
    return {
        "WORKERS": "2",
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
        "REDIS_URL": redis.empty_url(1),
        "RATE_LIMIT_ENABLED": "false",
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
    }


@contextmanager
def working(service: Path, folder: Path, environment: dict[str, str]) -> Iterator[Process]:
    """Start a service; enter when all its workers have started."""
    with serving(service, folder / "log", app("serve"), **environment) as process:
        until_started(process, int(environment["WORKERS"]))
        yield process


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def until_started(process: Process, times: int) -> None:
    until(lambda: len(lines(process, "worker started")) == times)


def lines(process: Process, message: str) -> list[dict[str, object]]:
    return [line for line in process.log_lines() if line["message"] == message]


def workers(process: Process) -> list[int]:
    started = [int(str(line["worker"])) for line in lines(process, "worker started")]
    return [pid for pid in started if is_running(pid)]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except FileNotFoundError:
        return False
    return not state.startswith("Z")


def refused(service: Path, *command: str, **environment: str) -> str:
    """Run a command that ends with 1, and return what it says."""
    done = subprocess.run(
        command,
        cwd=service,
        env=clean_environment() | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done
    return done.stdout + done.stderr


def send_requests(process: Process, times: int = 1) -> None:
    """Send requests of a connection each: the workers share what comes."""
    for _ in range(times):
        url = process.client.base_url.join("/api/v1/items")
        assert httpx.get(url, timeout=HANG_SECONDS).status_code == 401


def counted(text: str) -> float:
    return value(text, 'http_requests_total{handler="/api/v1/items",method="GET",status="401"}')


def value(text: str, series: str) -> float:
    [line] = [line for line in text.splitlines() if line.startswith(f"{series} ")]
    return float(line.rpartition(" ")[2])


def test_each_worker_serves_and_their_counts_are_added_up(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with working(service, tmp_path, environment) as process:
        for paused in workers(process):
            os.kill(paused, signal.SIGSTOP)
            send_requests(process, REQUESTS)
            os.kill(paused, signal.SIGCONT)
        # Whichever of them responds.
        for _ in range(4):
            text = httpx.get(process.client.base_url.join("/metrics")).text
            assert counted(text) == 2 * REQUESTS
        assert process.stop() == 0
        assert not workers(process)


def test_a_worker_that_dies_is_replaced_and_its_counts_stay(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    environment |= {"METRICS_PORT": str(port), "TMPDIR": str(tmp_path)}
    with working(service, tmp_path, environment) as process:
        url = f"http://127.0.0.1:{port}/metrics"
        send_requests(process, REQUESTS)
        files = counting_files(tmp_path)
        pauses = []
        for deaths, number in enumerate([signal.SIGKILL, signal.SIGBUS, signal.SIGKILL], 1):
            # The last to start, so that it is one worker that dies again and again.
            os.kill(workers(process)[-1], number)
            assert counted(httpx.get(url).text) == deaths * REQUESTS
            until_started(process, 2 + deaths)
            text = httpx.get(url).text
            assert value(text, "service_processes") == 2
            # Those of the dead are not among them.
            assert value(text, "database_pool_size") == 2 * POOL_SIZE
            send_requests(process, REQUESTS)
            pauses.append(lines(process, "worker died")[-1]["restart_in"])
        assert counted(httpx.get(url).text) == 4 * REQUESTS
        assert process.client.get("/metrics").status_code == 404
        assert pauses == [0.5, 1.0, 2.0]
        assert [str(line["ending"])[:7] for line in lines(process, "worker died")] == [
            "SIGKILL",
            "SIGBUS,",
            "SIGKILL",
        ]
        assert counting_files(tmp_path) == files
        assert len(workers(process)) == 2


def counting_files(folder: Path) -> set[str]:
    found = {path.name for path in folder.glob("metrics-*/*")}
    assert {"counter_1.db", "counter_2.db", "histogram_1.db", "gauge_livesum_2.db"} <= found
    return found


def test_a_signal_lets_requests_end(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with working(service, tmp_path, environment) as process, half_a_request(process) as request:
        process.popen.send_signal(signal.SIGTERM)
        until(lambda: not accepts(process))
        request.sendall(b"}")
        assert b" 422 " in request.recv(1000).splitlines()[0]
        assert process.popen.wait(HANG_SECONDS) == 0


def test_a_second_signal_ends_them_at_once(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with working(service, tmp_path, environment) as process, half_a_request(process) as request:
        process.popen.send_signal(signal.SIGINT)
        until(lambda: not accepts(process))
        assert process.popen.poll() is None
        process.popen.send_signal(signal.SIGINT)
        assert process.popen.wait(HANG_SECONDS) == 1
        assert request.recv(1000) == b""


@contextmanager
def half_a_request(process: Process) -> Iterator[socket.socket]:
    address = ("127.0.0.1", process.client.base_url.port)
    with socket.create_connection(address, HANG_SECONDS) as request:
        request.sendall(
            b"POST /api/v1/auth/register HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        # The route reads the body: the request is in progress.
        assert request.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        request.sendall(b"{")
        yield request


def accepts(process: Process) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", process.client.base_url.port)) == 0


def test_workers_do_not_outlive_their_supervisor(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with working(service, tmp_path, environment) as process:
        both = workers(process)
        assert len(both) == 2
        process.popen.kill()
        until(lambda: not any(map(is_running, both)))
        assert not accepts(process)


def test_a_taken_port_is_said_once(service: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment |= {"PORT": str(taken.getsockname()[1])}
        said = refused(service, *app("serve"), **environment)

    [line] = [line for line in said.splitlines() if "PORT" in line]
    assert line.startswith("PORT: cannot listen there: ")


def test_a_folder_to_count_in_is_asked_for_by_name(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    # What Python itself would look for is not there, for root either.
    code = "import sys, tempfile; tempfile.tempdir = sys.argv.pop(1); import app.__main__ as app"
    command = [*app("x")[:1], "-c", f"{code}; app.commands()", f"{tmp_path}/none", "serve"]
    said = refused(service, *command, **environment | {"PORT": str(free_port())})

    assert said == "TMPDIR: workers need a folder to count in: No such file or directory\n"


def test_room_to_count_in_is_asked_for_by_name(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    limited = ("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", *app("serve"))
    environment |= {"PORT": str(free_port()), "TMPDIR": str(tmp_path)}
    said = refused(service, *limited, **environment)

    assert said == "TMPDIR: workers need 12 MiB to count in: File too large\n"
    assert list(tmp_path.glob("metrics-*")) == []


def test_a_worker_that_cannot_start_ends_the_service(
    services: Services, environment: dict[str, str], tmp_path: Path
) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    (service / "app/extensions.py").write_text(
        "from app.extension_points import Extensions\n\n\n"
        "def open_shop(context):\n    raise OSError('the shop is closed')\n\n\n"
        "extensions = Extensions(resources={str: open_shop})\n"
    )
    said = refused(service, *app("serve"), **environment | {"PORT": str(free_port())})

    assert "the shop is closed" in said
    assert "worker failed to start" in said


def test_workers_that_would_not_share_their_limits_are_refused(
    service: Path, environment: dict[str, str]
) -> None:
    environment |= {"REDIS_URL": ""}
    for command in ("check", "serve"):
        said = refused(service, *app(command), **environment)
        assert [line.partition(":")[0] for line in said.splitlines()] == ["WORKERS"]


TALKATIVE = """
import logging
from loguru import logger
from starlette.middleware import Middleware
from app.extension_points import Extensions

class Talk:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        logger.debug("a detail of ours")
        logging.getLogger("library").debug("a detail of a library")
        await self.app(scope, receive, send)

extensions = Extensions(middleware=[Middleware(Talk)])
"""


def test_signals_set_the_level_of_all_workers(
    services: Services, environment: dict[str, str], tmp_path: Path
) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    (service / "app/extensions.py").write_text(TALKATIVE)
    with working(service, tmp_path, environment) as process:
        assert details_in_each_worker(process) == [0, 0]
        for number, level, details in (
            (signal.SIGUSR1, "DEBUG", [REQUESTS, REQUESTS]),
            (signal.SIGUSR2, "INFO", [0, 0]),
        ):
            process.popen.send_signal(number)
            until(lambda: levels_set(process).count(level) == 3)  # noqa: B023 - two, and the supervisor
            assert details_in_each_worker(process) == details
        assert len(workers(process)) == len(lines(process, "worker started")) == 2
        assert process.stop() == 0


def levels_set(process: Process) -> list[object]:
    return [line["log_level"] for line in lines(process, "log level set by a signal")]


def details_in_each_worker(process: Process) -> list[int]:
    counts = []
    for paused in workers(process):
        os.kill(paused, signal.SIGSTOP)
        before = len(lines(process, "a detail of ours"))
        send_requests(process, REQUESTS)
        counts.append(len(lines(process, "a detail of ours")) - before)
        os.kill(paused, signal.SIGCONT)
    return counts
