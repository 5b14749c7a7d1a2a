"""A service, and a PostgreSQL server of its own that is made to fail it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.support.own_postgres import OwnPostgres
from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.run_folders import is_alive
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING

ITEMS = "/api/v1/items"
CONNECTIONS = 2
# Timeouts short enough to wait for, and each long enough for what is to happen meanwhile.
SETTINGS = {
    "DATABASE_POOL_TIMEOUT": "0.5",
    "DATABASE_CONNECT_TIMEOUT": "1",
    "DATABASE_COMMAND_TIMEOUT": "4",
    "DATABASE_LOCK_TIMEOUT": "3",
    "RATE_LIMIT_ENABLED": "false",
}
MOST_AT_ONCE = 20
# Ends a hang: everything is over in a fifth of this.
SECONDS = 20

Connection = psycopg.Connection[tuple[object, ...]]
Pending = Future[httpx.Response]


@dataclass
class Faulty:
    """A service whose owner is signed in, and the server that is to fail."""

    server: OwnPostgres
    process: Process
    role: str
    password: str
    threads: ThreadPoolExecutor

    def request(self, method: str = "GET", path: str = ITEMS, **sent: str) -> httpx.Response:
        return self.process.client.request(method, path, json=sent or None)

    def send(self, count: int, *given: str, **sent: str) -> list[Pending]:
        """Send so many requests at once, without waiting for the responses."""
        return [self.threads.submit(self.request, *given, **sent) for _ in range(count)]

    def status(self) -> dict[str, int]:
        return {
            name: self.request(path=f"/health/{name}").status_code for name in ("live", "ready")
        }

    def connect(self) -> Connection:
        """Connect to the service's database as one who may do everything."""
        url = urlsplit(self.server.url)._replace(path=f"/{self.role}").geturl()
        return psycopg.connect(url, autocommit=True)

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def administer(self, *statements: str) -> None:
        """Execute statements beside the service's database, which may be closed or gone."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def turn_out(self) -> None:
        """Close the service's connections, and return when their processes are gone.

        The server forgets them a moment before their clients see the end.
        """
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                [self.role],
            ).fetchall()
        wait_until(lambda: not any(is_alive(pid) for pid, _ in ended))

    def backends(self, condition: str = "true") -> set[object]:
        """Return the process ids of the service's connections on the server."""
        return {pid for (pid,) in self._choose("pid", condition)}

    def for_each_backend(self, function: str, condition: str = "true") -> None:
        """Call a function of the server on each of the service's connections."""
        self._choose(f"{function}(pid)", condition)

    def _choose(self, wanted: str, condition: str) -> list[tuple[object, ...]]:
        chosen = f"usename = '{self.role}' AND {condition}"
        return self.execute(f"SELECT {wanted} FROM pg_stat_activity WHERE {chosen}")  # noqa: S608

    @contextmanager
    def locking(self, *statements: str) -> Iterator[Connection]:
        """Hold locks until the block ends, and commit."""
        with self.connect() as connection, connection.transaction():
            for statement in statements:
                connection.execute(statement)
            yield connection

    def wait_for_waiting(self, count: int) -> None:
        """Return when so many of the service's connections wait for a lock."""
        wait_until(lambda: len(self.backends("wait_event_type = 'Lock'")) == count)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def serving_faulty(
    server: OwnPostgres,
    service: Path,
    log: Path,
    connections: int = CONNECTIONS,
    reach: Callable[[str], AbstractContextManager[str]] = nullcontext,
    **settings: str,
) -> Iterator[Faulty]:
    """Serve on an empty database of the server, with these settings.

    `reach` puts something in front of the server, and yields its URL in place of the server's.
    """
    url = Postgres(server.url).create_database()
    environment = {"DATABASE_URL": url, "DATABASE_POOL_SIZE": str(connections), **SETTINGS}
    prepare(service, EVERYTHING, environment)
    with (
        reach(url) as reached,
        serving(
            service, log, app("serve"), **environment | settings | {"DATABASE_URL": reached}
        ) as process,
        ThreadPoolExecutor(MOST_AT_ONCE) as threads,
    ):
        process.client.headers.update(sign_in(process.client))
        login = urlsplit(url)
        yield Faulty(server, process, login.username or "", login.password or "", threads)
