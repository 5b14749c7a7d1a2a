import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId

from tests.support.optional_servers import unchecked
from tests.support.pythons import found_pythons, missing_pythons
from tests.support.quick_copier import make_copier_quick
from tests.support.releases import Releases
from tests.support.rendering import copy_template
from tests.support.run_folders import ENVIRONMENTS, begin_run, end_run
from tests.support.scheduling import FEWEST_WORKERS, shared_in_module, turn
from tests.support.servers import Postgres, Redis, postgres_server, redis_server
from tests.support.services import Services
from tests.support.shared import once

# They run in a service.
collect_ignore = ["adoption/flat", "adoption/steps", "attacks/inside", "service", "team"]


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        begin_run()
    make_copier_quick()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_worker(config):
        end_run()


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_report_header() -> list[str]:
    lines = [f"services are checked on Python {', '.join(sorted(found_pythons()))}"]
    if missing := missing_pythons():
        lines.append(f"services are NOT checked on {', '.join(missing)}: not found here")
    return lines + unchecked()


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    return max(FEWEST_WORKERS, (yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Begin with what takes long; keep on one worker what shares a fixture of its module."""
    items.sort(key=turn)
    for item in items:
        if group := shared_in_module(item):
            item.add_marker(pytest.mark.xdist_group(group))
    yield
    # pytest 9.2 looks for ids where xdist 3.8 does not write the names of groups.
    for item in items:
        if named := getattr(item, "_nodeid", None):
            item._id = NodeId.parse(named)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis(worker_id: str) -> Iterator[Redis]:
    with redis_server(worker=int(worker_id.removeprefix("gw").replace("master", "0"))) as server:
        yield server


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers share."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "shared"


@pytest.fixture(scope="session")
def template(shared: Path) -> Path:
    """The working tree's template, as a repository with one release."""
    return once(shared / "template", copy_template)


@pytest.fixture(scope="session")
def environments() -> Path:
    """The folder of what is installed, which all workers share."""
    return Path(os.environ[ENVIRONMENTS])


@pytest.fixture(scope="session")
def services(
    template: Path, shared: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory
) -> Services:
    """Rendered and installed services."""
    own = tmp_path_factory.mktemp("services")
    return Services(template, shared / "services", environments, own)


@pytest.fixture(scope="session")
def releases(template: Path, shared: Path) -> Releases:
    """The working tree's release between an older and a newer one."""
    return Releases(template, shared / "releases")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create_database()
