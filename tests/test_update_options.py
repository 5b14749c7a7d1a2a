"""An option that is turned on or off later gives what a birth with that answer gives."""

from pathlib import Path

import pytest
from copier import VcsRef

from tests.releases import (
    EACH_COMBINATION,
    OLDER,
    Releases,
    conflicts,
    differences,
    tree,
    update,
    update_group,
)
from tests.rendering import COMBINATIONS, NEWEST, Combination, commit

# It comes with a birth and goes with the team: the one file that an option does not bring later.
EXAMPLE_MIGRATION = "app/db/migrations/service/2026_11_24_items.py"
OPTIONS = sorted(COMBINATIONS[0].answers)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("combination", EACH_COMBINATION)
def test_an_option_is_turned_over_and_back(
    combination: Combination, option: str, releases: Releases, tmp_path: Path
) -> None:
    """Both ways, since half of the combinations begin with the option on."""
    answers = combination.answers
    turned = answers | {option: not answers[option]}
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
        pytest.param(
            combination, option, id=f"{combination}-{option}", marks=update_group(combination)
        )
        for combination in COMBINATIONS
        for option in OPTIONS
        if not combination.answers[option]
    ],
)
def test_an_option_is_turned_on_with_an_update(
    combination: Combination, option: str, releases: Releases, tmp_path: Path
) -> None:
    service = releases.born(combination.answers, OLDER, tmp_path / "service")
    expected = releases.expected(service, combination.answers | {option: True}, NEWEST)
    update(service, NEWEST, **{option: True})

    assert conflicts(service) == []
    assert differences(tree(service), expected) == []
