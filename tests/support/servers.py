"""Real PostgreSQL and Redis: given by the environment, or started from what is installed."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import redis

from tests.support.own_postgres import own_postgres
from tests.support.server_process import free_port, reachable, running_server, scratch_folder
from tools.find_servers import redis_program

# Redis has 16 databases unless told otherwise, and a given one is shared by all workers.
DATABASES_OF_A_WORKER = 4


class Postgres:
    """A PostgreSQL server that hands out empty databases."""

    def __init__(self, admin_url: str) -> None:
        self._admin = urlsplit(admin_url)._replace(scheme="postgresql")
        self._names: list[str] = []

    @property
    def admin_url(self) -> str:
        return self._admin.geturl()

    def create_database(self) -> str:
        """Return the URL of a new database, which a new role without any privilege owns."""
        name, password = f"groundwork_{secrets.token_hex(6)}", secrets.token_hex(8)
        self._execute(
            f"CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE "
            f"PASSWORD '{password}'",
            # An administrator who is no superuser must be a member to give a database away.
            f"GRANT {name} TO CURRENT_USER",
            # Nobody connects to template0, so workers do not get in each other's way.
            f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0",
        )
        self._names.append(name)
        place = self._admin.netloc.rpartition("@")[2]
        return self._admin._replace(netloc=f"{name}:{password}@{place}", path=f"/{name}").geturl()

    def drop_databases(self) -> None:
        while self._names:
            name = self._names.pop()
            self._execute(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


class Redis:
    """A Redis server, of which each worker has a few databases to itself."""

    def __init__(self, url: str, worker: int = 0) -> None:
        self._url = urlsplit(url)
        self._first = worker * DATABASES_OF_A_WORKER

    def url(self, db: int = 0) -> str:
        if not 0 <= db < DATABASES_OF_A_WORKER:
            raise ValueError(f"A worker has the databases 0 to {DATABASES_OF_A_WORKER - 1}.")
        return self._url._replace(path=f"/{self._first + db}").geturl()

    def empty_url(self, db: int) -> str:
        """Empty a database, for a service that starts afresh; return its URL."""
        with redis.Redis.from_url(self.url(db)) as client:
            client.flushdb()
        return self.url(db)

    def is_ready(self) -> bool:
        with redis.Redis.from_url(self._url.geturl()) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Use TEST_DATABASE_URL, or run a server of our own.

    Raises:
        RuntimeError: there is no PostgreSQL; the message says what to install.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        postgres = Postgres(given)
        try:
            yield postgres
        finally:
            postgres.drop_databases()
        return
    with own_postgres() as server:
        yield Postgres(server.url)


@contextmanager
def redis_server(worker: int = 0) -> Iterator[Redis]:
    """Use TEST_REDIS_URL, or run a server of our own.

    Raises:
        RuntimeError: there is no Redis; the message says what to install.
    """
    if given := os.environ.get("TEST_REDIS_URL"):
        yield Redis(given, worker)
        return
    if redis_program() is None:
        raise RuntimeError("Install Redis (redis-server), or set TEST_REDIS_URL.")
    port = free_port()
    with own_redis(port):
        yield Redis(f"redis://127.0.0.1:{port}/0")


@contextmanager
def own_redis(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server of our own, to be paused and stopped as a test likes.

    Raises:
        RuntimeError: there is no Redis; the message says what to install.
    """
    program = redis_program()
    if program is None:
        raise RuntimeError("Install Redis (redis-server): a given one is not for us to stop.")
    with scratch_folder() as folder:
        program = reachable(program.parent, folder) / program.name
        command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        redis = Redis(f"redis://127.0.0.1:{port}/0")
        with running_server(command, folder, redis.is_ready) as process:
            yield process
