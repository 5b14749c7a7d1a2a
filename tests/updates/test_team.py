"""A service that a team has changed keeps all of that, and gets what is new."""

import difflib
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.releases import (
    CARELESS,
    CONTEXT_LINES,
    KEPT,
    NEWER,
    OLDER,
    Releases,
    conflicts,
    tree,
    update,
)
from tests.support.rendering import NEWEST, Combination, commit, git, install, run
from tests.support.services import EACH_EXTREME, EVERYTHING, Services
from tests.support.suites import FEWEST_TESTS, UNMEASURED, results
from tests.support.team_edits import (
    ADDED,
    DELETED,
    DEPENDENCY,
    EDITED,
    TENANT,
    TOOL,
    make_tables,
    make_team,
    query,
)

READ_NEWER = (".venv/bin/python", "-c", "from app import main; print(main.newer)")
# What git has where nobody asks for more.
FEWEST_CONTEXT_LINES = 3


@pytest.fixture(scope="module", params=EACH_EXTREME)
def combination(request: pytest.FixtureRequest) -> Combination:
    chosen: Combination = request.param
    return chosen


@pytest.fixture(scope="module")
def team(combination: Combination, releases: Releases, environments: Path) -> Path:
    """A service that is in use and changed. The last test updates it; the others copy it."""
    return make_team(combination, releases, environments / f"team-{combination}")


def test_updates_lose_nothing(
    combination: Combination, team: Path, releases: Releases, tmp_path: Path
) -> None:
    update_often(combination, CONTEXT_LINES, team, releases, tmp_path / "service")


@pytest.mark.parametrize("combination", [EVERYTHING], indirect=True, ids=str)
def test_updates_with_little_context_lose_nothing(
    combination: Combination, team: Path, releases: Releases, tmp_path: Path
) -> None:
    update_often(combination, FEWEST_CONTEXT_LINES, team, releases, tmp_path / "service")


def update_often(
    combination: Combination, context_lines: int, team: Path, releases: Releases, service: Path
) -> None:
    """They take lines away next to the team's, bring lines there, and move what is there."""
    git(team, "clone", "--quiet", str(team), str(service))
    born = contents(releases.fresh(combination.answers, OLDER))
    made = contents(service)
    own = made.keys() - (born.keys() - KEPT)

    for version in (NEWEST, NEWER, CARELESS):
        update(service, version, context_lines)
        updated = contents(service)
        fresh = contents(releases.fresh(combination.answers, version))
        platform = fresh.keys() - KEPT

        assert conflicts(service) == []
        assert updated.keys() == platform | own
        assert updated.keys() & set(DELETED) == set()
        assert [name for name in own if updated[name] != made[name]] == []
        assert {name for name in platform if updated[name] != fresh[name]} == EDITED
        for name in EDITED:
            assert changes(fresh[name], updated[name]) == changes(born[name], made[name])
        assert_own_lines_are_in_place(service)
        commit(service, version)


def assert_own_lines_are_in_place(service: Path) -> None:
    project = tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))
    assert [each for each in project["project"]["dependencies"] if each.startswith(DEPENDENCY)]
    assert project["dependency-groups"]["dev"][-1].startswith(TOOL)
    for name, added in ADDED.items():
        text = (service / name).read_text(encoding="utf-8")
        for anchor, lines in added.items():
            above, _, _ = text.partition(lines)
            assert re.match(rf" *# {anchor} (end here|follow)", above.splitlines()[-1])


def test_an_updated_service_runs_with_its_data(
    combination: Combination, team: Path, services: Services
) -> None:
    service = team
    update(service, NEWER)
    assert conflicts(service) == []
    install(service)
    make_tables(service, combination)

    name = f"{TENANT} the newer" if combination.use_alembic else TENANT
    assert query(service, "SELECT name FROM tenants") == [(name,)]
    assert query(service, "SELECT name, description FROM orders") == [("A-1", "Three lamps")]
    # The newer release reads a field that the service's own app/extensions.py does not fill.
    assert run(service, *READ_NEWER) == "[]\n"
    assert run(service, "make", "version").endswith("0.0.0\n")
    assert query(service, "SELECT nickname FROM users") == [("Annie",)]
    if combination == EVERYTHING:
        said = services.check(service, UNMEASURED)
    else:
        said = run(service, ".venv/bin/pytest")
    assert results(said).passed > FEWEST_TESTS


def contents(service: Path) -> dict[str, bytes]:
    return {name: found for name, (_, found) in tree(service).items()}


def changes(before: bytes, after: bytes) -> list[str]:
    """Return the lines that came and those that went."""
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [line for line in lines if re.match(r"[+-] ", line)]
