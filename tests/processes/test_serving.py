"""`python -m app serve` as a process: its listeners, and what it does not take from elsewhere."""

from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.support.processes import Process, app, serving
from tests.support.server_process import free_port
from tests.support.services import EVERYTHING, Services

TOKEN = "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"
# Far more than is needed: it ends a hang.
HANG_SECONDS = 30


@pytest.fixture
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data.db"


def children(process: Process) -> list[str]:
    """Return the processes below the service's own, by their ids."""
    tasks = Path(f"/proc/{process.popen.pid}/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def test_metrics_have_a_listener_of_their_own(
    service: Path, database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    given = {"METRICS_PORT": str(port), "METRICS_TOKEN": TOKEN, "DATABASE_URL": database_url}
    url = f"http://127.0.0.1:{port}/metrics"
    with serving(service, tmp_path / "log", app("serve"), **given) as process:
        process.client.get("/api/v1/items")
        assert process.client.get("/metrics").status_code == 404
        assert httpx.get(url).status_code == 401
        scraped = httpx.get(url, headers={"Authorization": f"Bearer {TOKEN}"})
        assert process.stop() == 0

    assert 'http_requests_total{handler="/api/v1/items",method="GET",status="401"}' in scraped.text
    assert "process_resident_memory_bytes" in scraped.text


def test_variables_of_uvicorn_have_no_effect(
    service: Path, database_url: str, tmp_path: Path
) -> None:
    variables = {
        "WEB_CONCURRENCY": "3",
        "FORWARDED_ALLOW_IPS": "*",
        "UVICORN_WORKERS": "3",
        "UVICORN_PORT": "1",
        "UVICORN_HOST": "192.0.2.1",
        "UVICORN_ROOT_PATH": "/other",
        "UVICORN_RELOAD": "true",
        "UVICORN_LOG_LEVEL": "critical",
    }
    given = variables | {"DATABASE_URL": database_url}
    with serving(service, tmp_path / "log", app("serve"), **given) as process:
        process.client.get("/api/v1/items", headers={"X-Forwarded-For": "192.0.2.9"})
        # The one is the shell's watcher, which ends the service with the suite.
        assert len(children(process)) <= 1
        process.stop()
        [line] = [line for line in process.log_lines() if line.get("status") == 401]

    assert line["client"] == "127.0.0.1"
    assert line["path"] == "/api/v1/items"


def test_an_idle_connection_is_closed_when_the_setting_says(
    service: Path, database_url: str, tmp_path: Path
) -> None:
    given = {"KEEP_ALIVE_SECONDS": "1", "DATABASE_URL": database_url}
    with serving(service, tmp_path / "log", app("serve"), **given) as process:
        port = process.client.base_url.port
        with closing(HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)) as idle:
            idle.request("GET", "/health/live")
            idle.getresponse().read()
            assert idle.sock.recv(1) == b""
