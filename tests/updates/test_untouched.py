"""A service that nobody has changed becomes, by an update, what a new one is."""

from pathlib import Path

import pytest

from tests.support.clean import flaws
from tests.support.releases import (
    KEPT,
    LINES,
    NEWER,
    OLDER,
    Releases,
    conflicts,
    differences,
    is_changeable,
    tree,
    update,
)
from tests.support.rendering import NEWEST, Combination
from tests.support.services import EACH_EXTREME
from tests.support.template_files import kept_files

# Answers that are not the defaults are kept, too.
NAMES = {
    "project_name": "Orders & 'More'",
    "project_slug": "orders",
    "project_description": 'Takes "orders".',
    "owner": "@acme/orders",
    "license": "MIT",
}

each_extreme = pytest.mark.parametrize("combination", EACH_EXTREME)


def test_seams_and_examples_are_those_that_were_promised() -> None:
    assert sorted(path.removeprefix("/") for path in kept_files()) == sorted(KEPT)


@pytest.mark.parametrize("version", [OLDER, NEWER])
@each_extreme
def test_every_file_of_another_release_differs(
    combination: Combination, version: str, releases: Releases
) -> None:
    """Otherwise the updates would prove nothing for it."""
    other = releases.fresh(combination.answers, version)
    newest = releases.fresh(combination.answers, NEWEST)
    names = [name for name in tree(newest) if is_changeable(name, newest / name)]
    texts = {name: (other / name).read_text(encoding="utf-8") for name in names}

    assert flaws(other) == []
    assert [name for name, text in texts.items() if text.count(LINES[version]) < 3] == []


@each_extreme
def test_an_update_gives_what_a_new_service_is(
    combination: Combination, releases: Releases, tmp_path: Path
) -> None:
    answers = NAMES | combination.answers
    service = releases.born(answers, OLDER, tmp_path / "service")
    expected = releases.expected(service, answers, NEWEST)
    update(service, NEWEST)

    assert conflicts(service) == []
    assert differences(tree(service), expected) == []
