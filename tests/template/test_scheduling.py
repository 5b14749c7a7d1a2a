"""No worker waits for another: what is shared, what runs together, and what comes first."""

import re
from pathlib import Path
from threading import Thread

import pytest

from tests.support.rendering import ROOT
from tests.support.scheduling import LONG, shared_in_module
from tests.support.shared import once


@pytest.fixture(scope="module")
def costly() -> str:
    return "made once"


@pytest.fixture(scope="module", params=["left", "right"])
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_test_that_shares_nothing_is_alone(request: pytest.FixtureRequest) -> None:
    assert shared_in_module(request.node) is None
    assert "@" not in request.node.nodeid


@pytest.mark.usefixtures("costly")
def test_tests_that_share_a_fixture_of_their_module_run_on_one_worker(
    request: pytest.FixtureRequest, side: str
) -> None:
    """Which they do when their ids end with it."""
    group = f"tests/template/test_scheduling.py {side}"
    is_grouped = request.config.getoption("loadgroup", False)

    assert shared_in_module(request.node) == group
    assert request.node.nodeid.endswith(f"@{group}") == is_grouped


def test_what_takes_long_comes_first(request: pytest.FixtureRequest) -> None:
    assert [path for path in LONG if not (ROOT / path).exists()] == []
    names = [item.nodeid for item in request.session.items]
    long = [name.startswith(LONG) for name in names]
    assert long == sorted(long, reverse=True)


def test_no_test_chooses_its_worker_itself() -> None:
    """A large group leaves the other workers without work."""
    texts = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    choosing = [path.name for path, text in texts.items() if re.search(r"xdist_group\(", text)]

    assert choosing == ["conftest.py"]


def test_a_thing_is_made_by_one_while_the_others_wait(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(place: Path) -> None:
        made.append(place)
        place.mkdir()
        (place / "file").write_text("whole")

    def need() -> None:
        assert (once(tmp_path / "thing", make) / "file").read_text() == "whole"

    threads = [Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [tmp_path / "thing"]


def test_what_failed_halfway_is_made_anew(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        place.mkdir()
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        once(tmp_path / "thing", fail)

    assert once(tmp_path / "thing", Path.mkdir) == tmp_path / "thing"
