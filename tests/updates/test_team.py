"""A service that a team has changed keeps all of that, and gets what is new."""

import difflib
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.releases import (
    CARELESS,
    CONTEXT_LINES,
    EACH_COVERING,
    KEPT,
    NEWER,
    OLDER,
    Releases,
    conflicts,
    tree,
    update,
    update_group,
)
from tests.support.rendering import NEWEST, Combination, commit, git, install, run
from tests.support.services import COVERING, EVERYTHING, Services
from tests.support.suites import FEWEST_TESTS, UNMEASURED, results
from tests.support.team_edits import (
    ADDED,
    DELETED,
    DEPENDENCY,
    EDITED,
    TENANT,
    TOOL,
    Teams,
    make_tables,
    query,
)

READ_NEWER = (".venv/bin/python", "-c", "from app import main; print(main.newer)")
# Whoever does not ask for more has three.
UPDATES = [*((combination, CONTEXT_LINES) for combination in COVERING), (EVERYTHING, 3)]


@pytest.fixture(scope="session")
def teams(releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Teams:
    return Teams(releases, tmp_path_factory.mktemp("teams"))


@pytest.mark.parametrize(
    ("combination", "context_lines"),
    [
        pytest.param(*each, id=f"{each[0]}-{each[1]}", marks=update_group(each[0]))
        for each in UPDATES
    ],
)
def test_updates_lose_nothing(
    combination: Combination,
    context_lines: int,
    teams: Teams,
    releases: Releases,
    tmp_path: Path,
) -> None:
    """They take lines away next to the team's, bring lines there, and move what is there."""
    service = tmp_path / "service"
    git(tmp_path, "clone", "--quiet", str(teams.service(combination)), str(service))
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
    assert project["project"]["dependencies"][-1].startswith(DEPENDENCY)
    assert project["dependency-groups"]["dev"][-1].startswith(TOOL)
    for name, added in ADDED.items():
        text = (service / name).read_text(encoding="utf-8")
        for anchor, lines in added.items():
            above, _, _ = text.partition(lines)
            assert re.match(rf" *# {anchor} (end here|follow)", above.splitlines()[-1])


@pytest.mark.parametrize("combination", EACH_COVERING)
def test_it_runs_on_with_its_data(
    combination: Combination, teams: Teams, services: Services
) -> None:
    service = teams.service(combination)
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
