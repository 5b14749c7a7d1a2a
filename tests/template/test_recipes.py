"""docs/how-to.md of the service: each recipe is short, works alone, and all of them together."""

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from tests.support.insertions import OVERLAYS
from tests.support.recipes import FENCE, HOW_TO, Recipe, follow_all, read_recipes
from tests.support.releases import KEPT, MERGED
from tests.support.rendering import Combination, commit, git, install, run
from tests.support.services import EACH_COMBINATION, EVERYTHING, NOTHING, Services, named
from tests.support.suites import results
from tests.support.team_edits import FILES, make_tables

RECIPES = read_recipes()
# Imports aside, which an editor writes.
MOST_LINES = 15
IMPORT = re.compile(r"^(from|import) .*\n", re.MULTILINE)
# What goes on from another one.
AFTER = {
    "Use a client in a route": ["Call another service"],
    "Test without the other service": ["Call another service", "Use a client in a route"],
}
# What no test of a service shows: that it is valid is in test_renders.py, test_monitoring.py and in
# the updates.
UNTESTED = {
    "Add an alert",
    "Add a library",
    "Add a make target",
    "Add a container",
    "Add a workflow",
    "Delete the example",
    # tests/processes/test_gunicorn.py
    "Serve with gunicorn",
    # The test that it shows.
    "Test without the other service",
    "Use a client in a route",
}


def test_every_code_is_that_of_a_file_or_a_command() -> None:
    text = HOW_TO.read_text(encoding="utf-8")

    assert text.count("```") == 2 * len(list(FENCE.finditer(text)))
    for recipe in RECIPES:
        assert recipe.blocks, recipe.name
        for block in recipe.blocks:
            assert (block.path is None) <= (block.kind == "sh"), recipe.name


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_is_short(recipe: Recipe) -> None:
    lines = [
        line
        for block in recipe.blocks
        for line in IMPORT.sub("", block.text).splitlines()
        if line.strip()
    ]

    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("combination", EACH_COMBINATION)
def test_a_recipe_writes_no_file_of_the_platform(
    combination: Combination, services: Services
) -> None:
    """Its new files stand beside all that the platform has by now."""
    service = services.rendered(combination.answers)
    paths = {block.path for recipe in RECIPES for block in recipe.blocks if block.path}

    shared = KEPT | MERGED | OVERLAYS
    assert {path for path in paths if (service / path).exists()} <= shared


def test_every_recipe_has_a_test() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FILES.glob("tests/**/*.py")]
    tested = set(re.findall(r"^# Recipe: (.+)$", "\n".join(texts), re.MULTILINE))

    assert tested | UNTESTED == {recipe.name for recipe in RECIPES}
    assert tested & UNTESTED == set()


@pytest.mark.parametrize("combination", named([EVERYTHING, NOTHING]))
def test_a_service_that_follows_every_recipe_is_green(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    service = tmp_path / "service"
    copytree(services.rendered(combination.answers), service)
    install(service)
    make_tables(service, combination)
    follow_all(service)
    copytree(FILES / "tests", service / "tests", dirs_exist_ok=True)
    if combination.use_alembic:
        run(service, "make", "migration", "m=what is ours")
    make_tables(service, combination)
    if combination.answers["use_kubernetes"]:
        # As `make check` says to, for the alerts of one of the recipes.
        run(service, "make", "kubernetes-rules")

    said = services.check(service)
    assert results(said).passed > len(RECIPES)
    assert "Required test coverage of 90.0% reached" in said
    assert "Say which release this is" in run(service, "make")


@pytest.fixture(scope="module")
def example(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with the example, whose changes can be taken back."""
    service = tmp_path_factory.mktemp("recipes") / "service"
    installed = services.installed(EVERYTHING.answers)
    copytree(installed, service, ignore=ignore_patterns(".venv", "__pycache__", ".*_cache"))
    (service / ".venv").symlink_to(installed / ".venv")
    git(service, "init", "--quiet")
    (service / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    commit(service, "Birth")
    return service


@pytest.fixture
def service(example: Path) -> Iterator[Path]:
    yield example
    git(example, "reset", "--quiet", "--hard")
    git(example, "clean", "--quiet", "--force", "-d")


@pytest.mark.parametrize(
    "recipe",
    [each for each in RECIPES if each.name not in ("Add a library", "Delete the example")],
    ids=lambda recipe: recipe.name,
)
def test_a_recipe_works_alone(recipe: Recipe, service: Path) -> None:
    """New files are formatted as they are shown, and name nothing that another recipe makes."""
    for each in RECIPES:
        if each.name in AFTER.get(recipe.name, ()):
            each.follow(service)
    shown = [block.path or "" for block in recipe.blocks]
    new = [path for path in shown if path.endswith(".py") and not (service / path).exists()]
    recipe.follow(service)

    run(service, ".venv/bin/ruff", "format", "--check", "app/__init__.py", *new)
    run(service, "make", "format")
    run(service, ".venv/bin/ruff", "check", ".")
    run(service, ".venv/bin/python", "-c", "import app.__main__, app.main")
