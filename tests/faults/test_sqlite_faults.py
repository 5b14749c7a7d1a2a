"""A disk without room under SQLite: what is written is 503, what is read works, and it passes."""

import json
import resource
from pathlib import Path

import httpx
import pytest

from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.services import EVERYTHING

ITEMS = "/api/v1/items"
MOST = 100


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/data.db", "RATE_LIMIT_ENABLED": "false"}


def create(process: Process, name: str) -> httpx.Response:
    # Long, so that what room there is in files is soon used up.
    return process.client.post(ITEMS, json={"name": name, "description": "x" * 1000})


def limit_files(process: Process, size: int) -> None:
    """Keep the process from writing beyond so many bytes of any file, as a full disk would."""
    _, most = resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (size, most))


def test_a_full_disk_is_503_and_passes(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    prepare(service, EVERYTHING, environment)
    database = [tmp_path / "data.db", tmp_path / "data.db-wal"]
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        process.client.headers.update(sign_in(process.client))
        assert create(process, "before").status_code == 201
        limit_files(process, max(path.stat().st_size for path in database))
        refused = write_until_refused(process)
        assert process.client.get(ITEMS).status_code == 200
        assert process.client.get("/health/live").status_code == 200
        limit_files(process, resource.RLIM_INFINITY)
        assert create(process, "after").status_code == 201
        process.stop()

    assert refused["status"] == 503
    assert "cannot write" in str(refused["detail"])


def write_until_refused(process: Process) -> dict[str, object]:
    for number in range(MOST):
        response = create(process, f"lamp {number}")
        if response.status_code != 201:
            assert response.headers.get("retry-after"), response.text
            problem: dict[str, object] = json.loads(response.text)
            return problem
    raise AssertionError(f"{MOST} writes found room")
