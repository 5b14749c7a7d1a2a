"""gunicorn in place of `python -m app serve`, as docs/how-to.md sets it up: it drains, too."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.draining import LASTING, drained, until, with_lasting_routes
from tests.support.following import following
from tests.support.processes import WITH_TRAILER, serving
from tests.support.recipes import read_recipes, write
from tests.support.rendering import ROOT, run
from tests.support.servers import Redis
from tests.support.services import Services
from tests.support.suites import surroundings

RECIPE = "Serve with gunicorn"
GUNICORN = [".venv/bin/python", "-m", "gunicorn", "app.main:create_served_app()"]
REQUESTS = 200


@pytest.fixture
def service(services: Services, tmp_path: Path) -> Path:
    service = with_lasting_routes(services, tmp_path / "service")
    [recipe] = [each for each in read_recipes() if each.name == RECIPE]
    for block in recipe.blocks:
        # Its libraries are elsewhere: the environment is that of other tests as well.
        if block.path:
            write(service / block.path, block.text)
    return service


def test_clients_that_follow_readiness_lose_nothing(
    service: Path, redis: Redis, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
        "REDIS_URL": redis.empty_url(1),
        "RATE_LIMIT_ENABLED": "false",
        "WEBSOCKETS_ENABLED": "true",
        "SHUTDOWN_DRAIN_SECONDS": "1",
        "HEAD_TIMEOUT": "1",
        "WORKERS": "2",
        "PROMETHEUS_MULTIPROC_DIR": str(counts),
        **surroundings(ROOT / "requirements" / "gunicorn.txt"),
    }
    run(service, "make", "migrate", **environment)
    with (
        serving(service, tmp_path / "log", GUNICORN, **environment) as process,
        ThreadPoolExecutor() as threads,
    ):
        until(lambda: "service_processes 2.0" in process.client.get("/metrics").text)
        assert b"of-a-trailer" not in process.send(WITH_TRAILER)
        assert process.send(b"GET /nope HTTP/1.1\r\n").startswith(b"HTTP/1.1 408 ")
        url = str(process.client.base_url).rstrip("/")
        with following([url], f"{LASTING}/quick") as clients:
            clients.wait_for(REQUESTS)
            with drained(process, tmp_path / "drained", threads):
                pass
        assert clients.lost == []
    # What workers that have ended counted stays, and what they showed goes.
    names = {path.name.rpartition("_")[0] for path in counts.iterdir()}
    assert "counter" in names
    assert not [name for name in names if "live" in name]
