"""Writers who meet, and requests that come again, on two processes that share a PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.support.faulty import wait_until
from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

ITEMS = "/api/v1/items"
WRITERS = 20
KEY = {"Idempotency-Key": "b29e1d3c-5a53-4a4c-9c4e-0d9a5c1f4a55"}


@dataclass
class Shared:
    """Two processes whose callers are signed in, and the database of both."""

    processes: list[Process]
    database: str
    role: str

    @property
    def clients(self) -> list[httpx.Client]:
        return [process.client for process in self.processes]

    def count(self, table: str) -> int:
        """Count what is committed, as one whom no policy binds."""
        with psycopg.connect(self.database) as connection:
            [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
            return int(count)

    def waits(self) -> bool:
        """Whether a connection of the processes waits for a lock."""
        with psycopg.connect(self.database) as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE usename = %s AND wait_event_type = 'Lock'",
                [self.role],
            )
            return bool(count)


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
def pair(service: Path, url: str, postgres: Postgres, tmp_path: Path) -> Iterator[Shared]:
    """Without any item. What a test kills, the next one starts again."""
    admin = urlsplit(postgres.admin_url)._replace(path=urlsplit(url).path).geturl()
    with psycopg.connect(admin) as connection:
        connection.execute("TRUNCATE items, idempotency_keys")
    environment = {"DATABASE_URL": url, "RATE_LIMIT_ENABLED": "false"}
    with (
        serving(service, tmp_path / "first", app("serve"), **environment) as first,
        serving(service, tmp_path / "second", app("serve"), **environment) as second,
    ):
        for process in (first, second):
            process.client.headers.update(sign_in(process.client))
        yield Shared([first, second], admin, urlsplit(url).username or "")


def create(client: httpx.Client) -> httpx.Response:
    return client.post(ITEMS, headers=KEY, json={"name": "Lamp"})


def test_no_writer_overwrites_what_it_has_not_seen(pair: Shared) -> None:
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


def test_a_request_that_comes_to_both_at_once_takes_effect_once(pair: Shared) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        turns = (pair.clients[turn % 2] for turn in range(WRITERS))
        answers = list(pool.map(create, turns))

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] >= 1
    assert statuses[201] + statuses[409] == WRITERS
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert pair.count("items") == 1


def test_what_a_killed_process_had_not_finished_is_done_by_the_next(pair: Shared) -> None:
    """Killed after it has written the item, and before it has written the answer."""
    kill_while_sending(pair, "LOCK TABLE idempotency_keys IN SHARE ROW EXCLUSIVE MODE", pair.waits)
    answer = ask_until_done(pair)

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert (pair.count("items"), pair.count("idempotency_keys")) == (1, 1)


def test_what_a_killed_process_had_finished_is_answered_by_the_next(pair: Shared) -> None:
    """Killed when it has committed, whatever of the answer its client has seen."""
    kill_while_sending(pair, "SELECT 1", lambda: pair.count("idempotency_keys") == 1)
    answer = ask_until_done(pair)

    assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (201, "true")
    assert pair.count("items") == 1


def kill_while_sending(pair: Shared, statement: str, happened: Callable[[], bool]) -> None:
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


def ask_until_done(pair: Shared) -> httpx.Response:
    """Repeat the request until the server has noticed that the process is gone."""
    answers: list[httpx.Response] = []

    def is_done() -> bool:
        answers.append(create(pair.clients[1]))
        return answers[-1].status_code != 409

    wait_until(is_done)
    return answers[-1]
