"""No worker waits for another: what is shared, what runs together, and what comes first."""

import sys
from pathlib import Path
from threading import Thread

import pytest

from tests.support.releases import differences, tree
from tests.support.rendering import ROOT, run
from tests.support.scheduling import LONG, shared_in_module
from tests.support.services import EVERYTHING, Services
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


def test_slow_tests_come_first(request: pytest.FixtureRequest) -> None:
    assert [path for path in LONG if not (ROOT / path).exists()] == []
    names = [item.nodeid for item in request.session.items]
    long = [name.startswith(LONG) for name in names]
    assert long == sorted(long, reverse=True)


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


def test_a_half_made_folder_is_made_anew(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        place.mkdir()
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        once(tmp_path / "thing", fail)

    assert once(tmp_path / "thing", Path.mkdir) == tmp_path / "thing"


def test_a_render_of_this_suite_is_that_of_the_command(services: Services, tmp_path: Path) -> None:
    """For which tests/support/quick_copier.py leaves nothing out."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet"]
    data = [f"--data={name}={answer}" for name, answer in EVERYTHING.answers.items()]
    run(tmp_path, *command, *data, str(services.template), "service")

    made, rendered = tree(tmp_path / "service"), tree(services.rendered(EVERYTHING.answers))
    assert differences(made, rendered) == []
