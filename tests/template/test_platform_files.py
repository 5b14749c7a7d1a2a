"""Which files are the platform's: reviews fold them, and a service's coverage leaves them out."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.support.insertions import ANCHOR, OVERLAYS
from tests.support.releases import KEPT, MERGED
from tests.support.rendering import Combination, git, run
from tests.support.services import EACH_COMBINATION, EVERYTHING, Services
from tests.support.team_edits import delete_example

each_combination = pytest.mark.parametrize("combination", EACH_COMBINATION)
# What no test of the team's covers.
UNCOVERED = "def order() -> None:\n" + 40 * "    print()\n"


@each_combination
def test_every_file_of_the_platform_is_marked(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    """But for those in which lines of both meet, of which reviews want to see the team's."""
    service = services.rendered(combination.answers)
    names = [
        path.relative_to(service).as_posix()
        for path in sorted(service.rglob("*"))
        if path.is_file()
    ]
    shared = [name for name in names if has_anchor(service / name)]

    assert marked(service, names, tmp_path) == set(names) - KEPT - MERGED - set(shared)
    assert set(shared) == OVERLAYS


def test_the_core_shows_few_names(services: Services) -> None:
    """A newcomer reads them at a glance; what belongs together is in a folder."""
    core = services.rendered(EVERYTHING.answers) / "app" / "core"

    assert len({path.name for path in core.iterdir()} - {"__init__.py"}) <= 13


@each_combination
def test_every_mark_is_for_a_file_that_is_there(
    combination: Combination, services: Services
) -> None:
    service = services.rendered(combination.answers)

    assert [pattern for pattern in patterns(service) if not list(service.glob(pattern))] == []


@each_combination
def test_coverage_leaves_out_what_is_marked(combination: Combination, services: Services) -> None:
    service = services.rendered(combination.answers)
    settings = tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))
    code = [
        pattern
        for pattern in patterns(service)
        if pattern.startswith("app/")
        and any(path.suffix == ".py" for path in service.glob(pattern))
    ]

    assert settings["tool"]["coverage"]["run"]["omit"] == code


def test_coverage_counts_what_the_team_writes(services: Services, tmp_path: Path) -> None:
    """With nothing of the team's it is met; then each file of theirs counts."""
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    delete_example(service)
    assert "Required test coverage" in run(service, ".venv/bin/pytest", "--cov")

    (service / "app/services/orders.py").write_text(UNCOVERED, encoding="utf-8")
    done = subprocess.run(
        [".venv/bin/pytest", "tests/platform/test_env_example.py", "--cov"],
        cwd=service,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"^app/services/orders\.py +41 +41 ", done.stdout, re.MULTILINE)
    assert "app/services/tenants.py" not in done.stdout


def has_anchor(path: Path) -> bool:
    return _has_anchor(path.read_bytes())


@cache
def _has_anchor(content: bytes) -> bool:
    """Services have most files in common."""
    return any(ANCHOR.match(line) for line in content.decode(errors="replace").splitlines())


def marked(service: Path, names: list[str], place: Path) -> set[str]:
    """Name the files that git, in a repository elsewhere, takes for generated."""
    git(place, "init", "--quiet", "--bare")
    there = [f"--git-dir={place}", f"--work-tree={service}"]
    told = git(service, *there, "check-attr", "linguist-generated", "--", *names)
    found = re.findall(r"^(.+): linguist-generated: (.+)$", told, re.MULTILINE)
    return {name for name, value in found if value == "set"}


def patterns(service: Path) -> list[str]:
    text = (service / ".gitattributes").read_text(encoding="utf-8")
    return re.findall(r"^(\S+) linguist-generated$", text, re.MULTILINE)
