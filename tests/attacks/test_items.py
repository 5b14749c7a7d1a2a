"""The example, in a rendered service: what its own tests leave out."""

import pytest

from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack

pytestmark = pytest.mark.xdist_group(str(EVERYTHING))


def test_the_example_keeps_its_promises(services: Services) -> None:
    results = attack(services.installed(EVERYTHING.answers), "items")

    assert (results.passed > 10, results.skipped) == (True, 0)
