"""An option that is turned on or off later gives what a birth with that answer gives."""

from pathlib import Path
from typing import Any

import pytest
from copier import VcsRef

from tests.support.releases import (
    MERGED,
    OLDER,
    Releases,
    conflicts,
    differences,
    tree,
    update,
)
from tests.support.rendering import NEWEST, OPTIONS, Combination, commit
from tests.support.services import EACH_EXTREME, EVERYTHING, EXTREMES

# It comes with a birth and goes with the team: the one file that an option does not bring later.
EXAMPLE_MIGRATION = "app/db/migrations/service/2026_11_24_items.py"


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_an_option_is_turned_over_and_back(
    combination: Combination, option: str, releases: Releases, tmp_path: Path
) -> None:
    """Beside all others and without any, and both ways."""
    answers = combination.answers
    turned = answers | {option: other_answer(combination, option)}
    service = releases.born(answers, NEWEST, tmp_path / "service")
    before = tree(service)
    expected = tree(releases.fresh(turned, NEWEST))
    expected.pop(EXAMPLE_MIGRATION, None)
    expected |= {name: found for name, found in before.items() if name == EXAMPLE_MIGRATION}

    update(service, VcsRef.CURRENT, **{option: turned[option]})
    assert conflicts(service) == []
    assert differences(tree(service), expected) == []
    assert differences(before, expected) != []

    commit(service, "Turn it over")
    update(service, VcsRef.CURRENT, **{option: answers[option]})
    assert conflicts(service) == []
    assert differences(tree(service), before) == []


@pytest.mark.parametrize(
    ("combination", "option"),
    [
        pytest.param(combination, option, id=f"{combination}-{option}")
        for combination in EXTREMES
        for option in OPTIONS
        # A yes that becomes a no leaves the example's migration behind.
        if combination.answers[option] is not True
    ],
)
def test_an_option_is_turned_over_with_an_update(
    combination: Combination, option: str, releases: Releases, tmp_path: Path
) -> None:
    turned = {option: other_answer(combination, option)}
    service = releases.born(combination.answers, OLDER, tmp_path / "service")
    expected = releases.expected(service, combination.answers | turned, NEWEST)
    update(service, NEWEST, **turned)

    assert conflicts(service) == []
    assert differences(tree(service), expected) == []


@pytest.mark.parametrize("answer", [{"license": "MIT"}, {"owner": "@acme/orders"}])
def test_another_answer_takes_effect_in_what_is_merged(
    answer: dict[str, Any], releases: Releases, tmp_path: Path
) -> None:
    service = releases.born(EVERYTHING.answers, NEWEST, tmp_path / "service")
    update(service, VcsRef.CURRENT, **answer)
    expected = tree(releases.fresh(EVERYTHING.answers | answer, NEWEST))

    assert [name for name in MERGED if tree(service)[name] != expected[name]] == []


def other_answer(combination: Combination, option: str) -> Any:
    [other] = set(OPTIONS[option]) - {combination.answers[option]}
    return other
