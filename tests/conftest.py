from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rendering import copy_template
from tests.servers import Postgres, Redis, postgres_server, redis_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis(worker_id: str) -> Iterator[Redis]:
    with redis_server(worker=int(worker_id.removeprefix("gw").replace("master", "0"))) as server:
        yield server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree's template, as a repository with one release."""
    return copy_template(tmp_path_factory.mktemp("template"))
