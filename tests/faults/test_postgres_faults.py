"""PostgreSQL away, hanging, full or saying no: each is a problem, in bounded time, and passes."""

import socket
from pathlib import Path
from time import sleep

import pytest

from tests.support.faulty import (
    CONNECTIONS,
    ITEMS,
    SECONDS,
    Faulty,
    serving_faulty,
    wait_until,
)
from tests.support.faulty_responses import READING, assert_problem, assert_unavailable, statuses
from tests.support.own_postgres import OwnPostgres
from tests.support.servers import Postgres
from tests.support.suites import attack

MANY = 3 * CONNECTIONS
WRITING = "LOCK TABLE items IN SHARE MODE"


def test_a_server_that_is_away(faulty: Faulty) -> None:
    faulty.server.stop()
    try:
        for response in faulty.send(MANY):
            assert_unavailable(response)
        wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})
    finally:
        faulty.server.start()


def test_connections_that_are_closed_while_idle_cost_no_request(faulty: Faulty) -> None:
    faulty.turn_out()

    assert statuses(faulty.send(MANY)) == [200] * MANY


@pytest.mark.parametrize("function", ["pg_terminate_backend", "pg_cancel_backend"])
def test_statements_that_are_ended(faulty: Faulty, function: str) -> None:
    with faulty.locking(READING):
        responses = faulty.send(CONNECTIONS)
        faulty.wait_for_waiting(CONNECTIONS)
        faulty.for_each_backend(function)
        for response in responses:
            assert_unavailable(response)


def test_a_server_that_hangs(faulty: Faulty) -> None:
    """Also in the midst of a transaction, where a rollback would wait for it once more."""
    with faulty.locking(READING):
        in_the_midst = faulty.send(CONNECTIONS - 1)
        faulty.wait_for_waiting(CONNECTIONS - 1)
        with faulty.server.frozen():
            for response in [*in_the_midst, *faulty.send(MANY)]:
                assert_unavailable(response)
            wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})


def test_a_pool_that_is_used_up(faulty: Faulty) -> None:
    """Those who find no connection are told so while the others still wait for their response."""
    with faulty.locking(READING):
        served = faulty.send(CONNECTIONS)
        faulty.wait_for_waiting(CONNECTIONS)
        for response in faulty.send(MANY):
            assert_unavailable(response)
        wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})
        assert not any(response.done() for response in served)
    assert statuses(served) == [200] * CONNECTIONS


def test_a_lock_that_is_held_too_long(faulty: Faulty) -> None:
    """The server gives up before the service does, so that no connection is lost over it."""
    connected = faulty.backends()
    with faulty.locking(READING):
        [response] = faulty.send(1)
        assert_unavailable(response)
    assert faulty.backends() == connected


def test_a_serialization_failure(faulty: Faulty) -> None:
    place = f"{ITEMS}/{faulty.request('POST', name='Lamp').json()['id']}"
    isolate(faulty, "SET default_transaction_isolation = 'repeatable read'")
    try:
        with faulty.locking("UPDATE items SET description = 'Theirs'"):
            [response] = faulty.send(1, "PATCH", place, description="Mine")
            faulty.wait_for_waiting(1)
        assert_unavailable(response)
    finally:
        isolate(faulty, "RESET default_transaction_isolation")


def isolate(faulty: Faulty, setting: str) -> None:
    """Change what the service's next connections are like."""
    faulty.execute(f"ALTER ROLE {faulty.role} {setting}")
    faulty.for_each_backend("pg_terminate_backend")


def test_a_deadlock(faulty: Faulty) -> None:
    """The request has written its row and waits for that of its tenant, and we for the request."""
    rows = "SELECT FROM tenants, users FOR UPDATE"
    with faulty.locking("SET LOCAL deadlock_timeout = '1h'", rows) as ours:
        [response] = faulty.send(1, "POST", name="Desk")
        faulty.wait_for_waiting(1)
        ours.execute(WRITING)
        assert_unavailable(response)


def test_a_name_that_is_taken(faulty: Faulty) -> None:
    assert faulty.request("POST", name="Chair").status_code == 201
    response = faulty.request("POST", name="Chair")

    assert_problem(response, 409, "conflict")
    assert response.json()["detail"] == "An item of this name exists"


@pytest.mark.parametrize(
    ("constraint", "status", "code"),
    [
        ("UNIQUE (description)", 409, "conflict"),
        ("FOREIGN KEY (name) REFERENCES colours", 409, "conflict"),
        ("CHECK (name <> 'Vase') NOT VALID", 422, "unprocessable_content"),
    ],
)
def test_another_violated_constraint_is_not_reported_as_a_taken_name(
    faulty: Faulty, constraint: str, status: int, code: str
) -> None:
    faulty.execute("CREATE TABLE IF NOT EXISTS colours (name varchar PRIMARY KEY)")
    faulty.execute("DELETE FROM items")
    faulty.execute(f"ALTER TABLE items ADD CONSTRAINT other {constraint}")
    try:
        responses = [
            faulty.request("POST", name=name, description="Blue") for name in ("Jar", "Vase")
        ]
    finally:
        faulty.execute("ALTER TABLE items DROP CONSTRAINT other")

    assert_problem(responses[1], status, code)
    assert "name exists" not in responses[1].text


def test_clients_that_do_not_wait_for_the_response_cost_no_connection(faulty: Faulty) -> None:
    token, url = faulty.process.client.headers["Authorization"], faulty.process.client.base_url
    head = f"GET {ITEMS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
    before = count_requests(faulty)
    for number in range(1000):
        with socket.create_connection((url.host, url.port or 80), timeout=SECONDS) as client:
            client.sendall(head.encode())
            sleep(number % 5 / 1000)
    wait_until(lambda: count_requests(faulty) - before == 1000)


def count_requests(faulty: Faulty) -> int:
    return faulty.process.log.read_text(encoding="utf-8").count('"event":"access"')


def test_a_service_stops_although_the_server_hangs(
    server: OwnPostgres, service: Path, tmp_path: Path
) -> None:
    """It would have to say goodbye on each connection, one after the other."""
    connections = 10
    with serving_faulty(server, service, tmp_path / "log", connections) as faulty:
        with faulty.locking(READING):
            responses = faulty.send(connections)
            faulty.wait_for_waiting(connections)
        assert statuses(responses) == [200] * connections
        with server.frozen():
            faulty.process.popen.terminate()
            assert faulty.process.popen.wait(SECONDS) == 0


def test_a_cancelled_request_costs_no_connection(service: Path, postgres: Postgres) -> None:
    """A client that goes away cancels nothing, but a timeout or the end of the process does."""
    results = attack(service, "connections", TEST_DATABASE_URL=postgres.create_database())

    assert (results.passed, results.skipped) == (3, 0)
