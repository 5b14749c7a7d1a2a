"""What a service says while its database fails it, and after that."""

import httpx

from tests.support.faulty import CONNECTIONS, Answer, Faulty

READING = "LOCK TABLE items IN ACCESS EXCLUSIVE MODE"


def assert_well(target: Faulty) -> None:
    """Every connection of the pool can be used at once, and none is left in a transaction."""
    with target.locking(READING):
        answers = target.send(CONNECTIONS)
        target.wait_for_waiting(CONNECTIONS)
    assert statuses(answers) == [200] * CONNECTIONS
    assert target.backends("state <> 'idle'") == set()
    assert len(target.backends()) == CONNECTIONS


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.result().status_code for answer in answers]


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"].isascii()
    for secret in ("SELECT", "INSERT", "sql", "asyncpg", "groundwork", "127.0.0.1"):
        assert secret not in answer.text


def assert_unavailable(answer: Answer) -> None:
    assert_problem(answer.result(), 503, "service_unavailable")
    assert int(answer.result().headers["Retry-After"]) > 0
