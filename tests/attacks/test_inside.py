"""Attacks on what runs in a service: tests/attacks, by the service's own pytest."""

import pytest

from tests.support.pythons import farthest_pythons, found_pythons
from tests.support.rendering import Combination
from tests.support.servers import Postgres
from tests.support.services import EACH_EXTREME, EVERYTHING, Services
from tests.support.suites import attack

FEWEST_ATTACKS = 60


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_no_token_but_ours_is_accepted(
    combination: Combination, services: Services, postgres: Postgres
) -> None:
    """With each library, on PostgreSQL; the other Pythons have SQLite."""
    service = services.installed(combination.answers)
    results = attack(service, "tokens", TEST_DATABASE_URL=postgres.create_database())

    assert (results.passed > FEWEST_ATTACKS, results.skipped) == (True, 0)


@pytest.mark.parametrize("version", farthest_pythons())
def test_no_token_but_ours_is_accepted_on(version: str, services: Services) -> None:
    """Pythons differ in how deep they read JSON, and in what they raise then.

    That the service reads by itself: a library signs and verifies. CI runs both on each version.
    """
    service = services.installed(EVERYTHING.answers, found_pythons()[version])
    results = attack(service, "tokens")

    assert (results.passed > FEWEST_ATTACKS, results.skipped) == (True, 0)
