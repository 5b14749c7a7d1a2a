"""Writers who meet, and requests that come again, on two processes that share a PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.faulty import wait_until
from tests.support.pairs import Pair, serving_pair
from tests.support.processes import prepare
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

ITEMS = "/api/v1/items"
WRITERS = 20
KEY = {"Idempotency-Key": "b29e1d3c-5a53-4a4c-9c4e-0d9a5c1f4a55"}


@pytest.fixture(scope="module")
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture(scope="module")
def url(service: Path, postgres: Postgres) -> str:
    """The URL of a database with the tables and the owner."""
    url = postgres.create_database()
    prepare(service, EVERYTHING, {"DATABASE_URL": url})
    return url


@pytest.fixture
def pair(service: Path, url: str, postgres: Postgres, tmp_path: Path) -> Iterator[Pair]:
    """Without any item. What a test kills, the next one starts again."""
    with serving_pair(service, url, postgres, tmp_path) as pair:
        with psycopg.connect(pair.database) as connection:
            connection.execute("TRUNCATE items, idempotency_keys")
        yield pair


def create(client: httpx.Client) -> httpx.Response:
    return client.post(ITEMS, headers=KEY, json={"name": "Lamp"})


def test_no_writer_overwrites_what_it_has_not_seen(pair: Pair) -> None:
    """Each adds a letter to the description that it has read, until it is its turn."""
    item = f"{ITEMS}/{create(pair.clients[0]).json()['id']}"
    letters = "abcdefghijklmnopqrst"

    def add(turn: int) -> Counter[int]:
        client, statuses = pair.clients[turn % 2], Counter[int]()
        while not statuses[200]:
            read = client.get(item)
            changed = client.patch(
                item,
                headers={"If-Match": read.headers["ETag"]},
                json={"description": read.json()["description"] + letters[turn]},
            )
            statuses[changed.status_code] += 1
        return statuses

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = sum(pool.map(add, range(WRITERS)), Counter[int]())

    read = pair.clients[0].get(item).json()
    assert "".join(sorted(read["description"])) == letters
    assert read["etag"].endswith(f"-{1 + WRITERS}")
    assert set(statuses) == {200, 412}


def test_a_request_that_comes_to_both_at_once_takes_effect_once(pair: Pair) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        turns = (pair.clients[turn % 2] for turn in range(WRITERS))
        responses = list(pool.map(create, turns))

    statuses = Counter(response.status_code for response in responses)
    assert statuses[201] >= 1
    assert statuses[201] + statuses[409] == WRITERS
    assert (
        len({response.json()["id"] for response in responses if response.status_code == 201}) == 1
    )
    assert pair.count("items") == 1


def test_requests_cut_off_by_a_kill_are_done_by_the_next_process(pair: Pair) -> None:
    """Killed after it has written the item, and before it has written the response."""
    kill_while_sending(
        pair, "LOCK TABLE idempotency_keys IN SHARE ROW EXCLUSIVE MODE", lambda: pair.waiting() > 0
    )
    response = ask_until_done(pair)

    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response.headers
    assert (pair.count("items"), pair.count("idempotency_keys")) == (1, 1)


def test_requests_finished_before_a_kill_are_replayed_by_the_next_process(pair: Pair) -> None:
    """Killed when it has committed, whatever of the response its client has seen."""
    kill_while_sending(pair, "SELECT 1", lambda: pair.count("idempotency_keys") == 1)
    response = ask_until_done(pair)

    assert (response.status_code, response.headers["Idempotency-Replayed"]) == (201, "true")
    assert pair.count("items") == 1


def kill_while_sending(pair: Pair, statement: str, happened: Callable[[], bool]) -> None:
    """Kill the first process when something has happened, under locks that are held until then."""
    first = pair.processes[0]
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(pair.database) as connection,
        connection.transaction(),
    ):
        connection.execute(statement)
        sent = pool.submit(create, first.client)
        wait_until(happened)
        first.popen.kill()
        first.popen.wait()
        assert sent.exception() is not None or sent.result().status_code == 201


def ask_until_done(pair: Pair) -> httpx.Response:
    """Repeat the request until the server has noticed that the process is gone."""
    responses: list[httpx.Response] = []

    def is_done() -> bool:
        responses.append(create(pair.clients[1]))
        return responses[-1].status_code != 409

    wait_until(is_done)
    return responses[-1]
