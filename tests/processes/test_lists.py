"""Lists of a rendered service on PostgreSQL, as long as they get."""

from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack


def test_no_page_costs_more_than_the_first(services: Services, postgres: Postgres) -> None:
    service = services.installed(EVERYTHING.answers)
    results = attack(service, "lists", TEST_DATABASE_URL=postgres.create_database())

    assert (results.passed, results.skipped) == (2, 0)
