"""The walks over all routes that a service keeps: they let honest routes pass."""

import socket
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.rendering import ROOT, run
from tests.support.services import EVERYTHING, Services
from tests.support.suites import UNMEASURED, results

HONEST = ROOT / "tests" / "probes" / "honest"
WALKS = ["tests/platform/test_routes.py", "tests/platform/test_tenants.py"]
FEWEST_TESTS = 10


@pytest.fixture
def other_service() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_honest_routes_pass(
    other_service: socket.socket, services: Services, tmp_path: Path
) -> None:
    """And none of their calls reaches another service."""
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    copytree(HONEST, service, dirs_exist_ok=True)
    port = other_service.getsockname()[1]
    said = run(
        service,
        *(".venv/bin/pytest", UNMEASURED, *WALKS),
        RATES_URL=f"http://127.0.0.1:{port}",
        CAREFUL_RATES_URL=f"http://localhost:{port}",
    )

    assert results(said).passed > FEWEST_TESTS
    with pytest.raises(BlockingIOError):
        other_service.accept()
