"""What a service says while its database fails it, and after that."""

import httpx

from tests.support.faulty import CONNECTIONS, Faulty, Pending

READING = "LOCK TABLE items IN ACCESS EXCLUSIVE MODE"


def assert_well(target: Faulty) -> None:
    """Every connection of the pool can be used at once, and none is left in a transaction."""
    with target.locking(READING):
        responses = target.send(CONNECTIONS)
        target.wait_for_waiting(CONNECTIONS)
    assert statuses(responses) == [200] * CONNECTIONS
    assert target.backends("state <> 'idle'") == set()
    assert len(target.backends()) == CONNECTIONS


def statuses(responses: list[Pending]) -> list[int]:
    return [response.result().status_code for response in responses]


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"].isascii()
    for secret in ("SELECT", "INSERT", "sql", "asyncpg", "groundwork", "127.0.0.1"):
        assert secret not in response.text


def assert_unavailable(response: Pending) -> None:
    assert_problem(response.result(), 503, "service_unavailable")
    assert int(response.result().headers["Retry-After"]) > 0
