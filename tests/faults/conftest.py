"""A service and a server of its own, for the tests of one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faulty import Faulty, serving_faulty, wait_until
from tests.support.faulty_responses import assert_well
from tests.support.own_postgres import OwnPostgres, own_postgres
from tests.support.services import EVERYTHING, Services


@pytest.fixture(scope="module")
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def target(
    server: OwnPostgres, service: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Faulty]:
    """One process for all faults: it is never started again."""
    log = tmp_path_factory.mktemp("faults") / "log"
    with serving_faulty(server, service, log) as target:
        yield target


@pytest.fixture
def faulty(target: Faulty) -> Iterator[Faulty]:
    """A service that does its work, and does it again after the test."""
    assert_well(target)
    yield target
    wait_until(lambda: target.status()["ready"] == 200)
    assert_well(target)
