"""Two processes of a service that share a PostgreSQL, and a look at it past every policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.support.processes import Process, app, serving, sign_in
from tests.support.servers import Postgres


@dataclass
class Pair:
    """Two processes at which the owner is signed in, and the database of both."""

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

    def waiting(self) -> int:
        """Count the connections of the processes that wait for a lock."""
        with psycopg.connect(self.database) as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE usename = %s AND wait_event_type = 'Lock'",
                [self.role],
            )
            return int(count)


@contextmanager
def serving_pair(
    service: Path, url: str, postgres: Postgres, logs: Path, **settings: str
) -> Iterator[Pair]:
    """Serve a database that has the tables and the owner, without limits on rates."""
    environment = {"DATABASE_URL": url, "RATE_LIMIT_ENABLED": "false"} | settings
    admin = urlsplit(postgres.admin_url)._replace(path=urlsplit(url).path).geturl()
    with (
        serving(service, logs / "first", app("serve"), **environment) as first,
        serving(service, logs / "second", app("serve"), **environment) as second,
    ):
        for process in (first, second):
            process.client.headers.update(sign_in(process.client))
        yield Pair([first, second], admin, urlsplit(url).username or "")
