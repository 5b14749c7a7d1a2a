"""The example, in a rendered service: what its own tests leave out."""

from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack


def test_the_example_keeps_its_promises(services: Services) -> None:
    results = attack(services.installed(EVERYTHING.answers), "items")

    assert (results.passed > 10, results.skipped) == (True, 0)
