from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId

from tests.support.optional_servers import unchecked
from tests.support.pythons import found_pythons, missing_pythons
from tests.support.releases import Releases
from tests.support.rendering import copy_template
from tests.support.servers import Postgres, Redis, postgres_server, redis_server
from tests.support.services import Services

# They run in a service.
collect_ignore = ["attacks/inside", "service", "team"]


def pytest_report_header() -> list[str]:
    lines = [f"services are checked on Python {', '.join(sorted(found_pythons()))}"]
    if missing := missing_pythons():
        lines.append(f"services are NOT checked on {', '.join(missing)}: not found here")
    return lines + unchecked()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let groups be groups: xdist 3.8 writes them where pytest 9.2 looks for no id any more.

    Without it all is well, but every worker installs every service for itself.
    """
    for item in items:
        if grouped := getattr(item, "_nodeid", None):
            item._id = NodeId.parse(grouped)


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


@pytest.fixture(scope="session")
def services(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Rendered and installed services, shared by the tests of one worker."""
    return Services(template, tmp_path_factory.mktemp("services"))


@pytest.fixture(scope="session")
def releases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """The working tree's release between an older and a newer one, shared likewise."""
    return Releases(template, tmp_path_factory.mktemp("releases"))


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create_database()
