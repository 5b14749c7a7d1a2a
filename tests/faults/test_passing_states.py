"""States of PostgreSQL that pass by themselves: 503 while they last, and no restart after them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.counting_proxy import counting
from tests.support.faulty import CONNECTIONS, Faulty, serving_faulty, wait_until
from tests.support.faulty_responses import READING, assert_unavailable, statuses
from tests.support.own_postgres import OwnPostgres, own_postgres

MANY = 3 * CONNECTIONS
# What keeps new connections away, and what ends it; {} is the name of role and database.
REFUSED = {
    "a password that was rotated": (
        "ALTER ROLE {} PASSWORD 'rotated'",
        "ALTER ROLE {} PASSWORD '{password}'",
    ),
    "a role without a login": ("ALTER ROLE {} NOLOGIN", "ALTER ROLE {} LOGIN"),
    "no connection left": (
        "ALTER ROLE {} CONNECTION LIMIT 0",
        "ALTER ROLE {} CONNECTION LIMIT -1",
    ),
    "a database under repair": (
        "ALTER DATABASE {} ALLOW_CONNECTIONS false",
        "ALTER DATABASE {} ALLOW_CONNECTIONS true",
    ),
    "a database that is restored": (
        "ALTER DATABASE {} RENAME TO other",
        "ALTER DATABASE other RENAME TO {}",
    ),
}


@contextmanager
def state(faulty: Faulty, begin: str, end: str) -> Iterator[None]:
    named = {"password": faulty.password}
    faulty.turn_out()
    faulty.administer(begin.format(faulty.role, **named))
    try:
        yield
    finally:
        faulty.administer(end.format(faulty.role, **named))


@pytest.mark.parametrize(("begin", "end"), REFUSED.values(), ids=REFUSED)
def test_new_connections_are_refused(faulty: Faulty, begin: str, end: str) -> None:
    with state(faulty, begin, end):
        for response in faulty.send(MANY):
            assert_unavailable(response)
        wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})
    assert statuses(faulty.send(MANY)) == [200] * MANY


def test_a_server_that_is_read_only(faulty: Faulty) -> None:
    """As after a failover that the service's connections outlived, or with a full disk."""
    connected = faulty.backends()
    with read_only(faulty):
        for response in faulty.send(MANY, "POST", name="Lamp"):
            assert_unavailable(response)
        wait_until(lambda: faulty.status() == {"live": 200, "ready": 503})
        assert statuses(faulty.send(MANY)) == [200] * MANY
        # A connection to a read-only server is not used again.
        assert not connected & faulty.backends()
    assert faulty.request("POST", name="Read-only").status_code == 201


@contextmanager
def read_only(faulty: Faulty) -> Iterator[None]:
    setting = "default_transaction_read_only"
    faulty.administer(f"ALTER SYSTEM SET {setting} = on", "SELECT pg_reload_conf()")
    try:
        wait_until(lambda: faulty.execute(f"SHOW {setting}") == [("on",)])
        yield
    finally:
        faulty.administer(f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")
        wait_until(lambda: faulty.execute(f"SHOW {setting}") == [("off",)])


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE items ALTER COLUMN name TYPE varchar({})",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar({})",
    ],
    ids=["of the resource", "of the principal"],
)
def test_a_permitted_migration_changes_plans(faulty: Faulty, change: str) -> None:
    """The driver has prepared statements on each connection, whose results are now others."""
    for length in (200, 300):
        assert statuses(faulty.send(MANY)) == [200] * MANY
        faulty.execute(change.format(length))
        for response in faulty.send(MANY):
            if response.result().status_code != 200:
                assert_unavailable(response)
        assert statuses(faulty.send(MANY)) == [200] * MANY


def test_a_backend_that_crashes_takes_all_others_along(faulty: Faulty) -> None:
    [victim, *_] = faulty.backends()
    with faulty.locking(READING) as ours:
        responses = faulty.send(CONNECTIONS)
        faulty.wait_for_waiting(CONNECTIONS)
        os.kill(int(str(victim)), signal.SIGKILL)
        for response in responses:
            assert_unavailable(response)
        ours.close()
    wait_until(faulty.server.is_ready)


def test_a_failover_that_connections_outlive(service: Path, tmp_path: Path) -> None:
    """The old primary is fenced and goes on; only new connections reach the new one."""
    with (
        own_postgres() as primary,
        primary.standby() as standby,
        counting(primary.url) as address,
        serving_faulty(
            primary, service, tmp_path / "log", reach=lambda url: nullcontext(address.reach(url))
        ) as faulty,
    ):
        assert faulty.request("POST", name="Before").status_code == 201
        with read_only(faulty):
            follow(primary, standby)
            with psycopg.connect(standby.url, autocommit=True) as connection:
                connection.execute("SELECT pg_promote()")
            new = urlsplit(standby.url)
            address.server = (new.hostname or "", new.port or 0)
            assert_unavailable(faulty.send(1, "POST", name="Between")[0])
            assert faulty.request("POST", name="After").status_code == 201
            wait_until(lambda: faulty.status()["ready"] == 200)
            names = {item["name"] for item in faulty.request().json()["items"]}
            assert names == {"Before", "After"}


def follow(primary: OwnPostgres, standby: OwnPostgres) -> None:
    """Return when the standby has what the primary has."""
    with psycopg.connect(primary.url) as ours, psycopg.connect(standby.url, autocommit=True) as its:
        [(position,)] = ours.execute("SELECT pg_current_wal_lsn()").fetchall()
        wait_until(
            lambda: (
                its.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position]).fetchall()
                == [(True,)]
            )
        )
