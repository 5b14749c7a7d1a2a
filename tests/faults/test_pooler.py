"""The service behind PgBouncer in transaction mode: limits, tenants and migrations hold."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faulty import Faulty, serving_faulty, wait_until
from tests.support.faulty_responses import READING, assert_unavailable, statuses
from tests.support.migrating import migrate
from tests.support.own_pgbouncer import SERVERS, own_pgbouncer
from tests.support.own_postgres import OwnPostgres
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack

# More than the pooler has servers, so that transactions take turns at them.
CONNECTIONS, MANY = 10, 300
# What people let the pooler swallow, so that it does not refuse connections.
LENIENT = (
    "ignore_startup_parameters = statement_timeout,lock_timeout,row_security,"
    "idle_in_transaction_session_timeout"
)
EACH_POOLER = pytest.mark.parametrize("more", ["", LENIENT], ids=["strict", "lenient"])


@pytest.fixture(scope="module")
def target(
    server: OwnPostgres, service: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Faulty]:
    log = tmp_path_factory.mktemp("pooler") / "log"
    with serving_faulty(
        server, service, log, CONNECTIONS, own_pgbouncer, DATABASE_POOLER="true"
    ) as target:
        yield target


@pytest.fixture
def faulty(target: Faulty) -> Iterator[Faulty]:
    """A service that does its work, and does it again after the test."""
    assert target.request().status_code == 200
    yield target
    wait_until(lambda: target.status()["ready"] == 200)
    assert statuses(target.send(MANY)) == [200] * MANY


def test_every_request_has_a_response(faulty: Faulty) -> None:
    """Without DATABASE_POOLER it cannot connect at all, or most requests are refused."""
    writing = [faulty.send(1, "POST", name=f"Lamp {number}")[0] for number in range(MANY)]

    assert Counter(statuses(faulty.send(MANY))) == {200: MANY}
    assert Counter(statuses(writing)) == {201: MANY}
    assert 0 < len(faulty.backends()) <= SERVERS


def test_a_lock_that_is_held_too_long(faulty: Faulty) -> None:
    """The server gives up, as it was told in the transaction, and keeps the connection."""
    connected = faulty.backends()
    with faulty.locking(READING):
        for response in faulty.send(SERVERS):
            assert_unavailable(response)
    assert faulty.backends() == connected


def test_a_server_that_hangs(faulty: Faulty) -> None:
    with faulty.server.frozen():
        for response in faulty.send(3 * CONNECTIONS):
            assert_unavailable(response)
        wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})


def test_a_server_that_is_away(faulty: Faulty) -> None:
    faulty.server.stop()
    try:
        for response in faulty.send(3 * CONNECTIONS):
            assert_unavailable(response)
    finally:
        faulty.server.start()


@EACH_POOLER
def test_tenants_and_limits_in_the_service(service: Path, server: OwnPostgres, more: str) -> None:
    url = Postgres(server.url).create_database()
    with own_pgbouncer(url, more) as pooled:
        results = attack(service, "pooler", TEST_DATABASE_URL=url, POOLED_URL=pooled)

    assert (results.passed, results.skipped) == (6, 0)


@EACH_POOLER
def test_migrations_go_past_the_pooler(
    services: Services, server: OwnPostgres, tmp_path: Path, more: str
) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    url = Postgres(server.url).create_database()
    with own_pgbouncer(url, more) as pooled:
        with pytest.raises(AssertionError, match="DATABASE_URL leads to a pooler"):
            migrate(service, pooled)
        with pytest.raises(AssertionError, match="DATABASE_DIRECT_URL: name PostgreSQL itself"):
            migrate(service, pooled, DATABASE_POOLER="true")
        said = migrate(service, pooled, DATABASE_POOLER="true", DATABASE_DIRECT_URL=url)
    assert "up to service_items" in said
