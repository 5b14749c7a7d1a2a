"""A Prometheus that scrapes a service: its alerts fire and resolve, on series that are there."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import psycopg
import pytest

from tests.support.monitoring import panel_queries, panels, rules, selectors
from tests.support.own_prometheus import OwnPrometheus, Span, own_prometheus
from tests.support.panel_pictures import Picture, draw
from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.rendering import ROOT
from tests.support.server_process import free_port
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

ITEMS = "/api/v1/items"
TOKEN = "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"
LIMIT = 300
# In 60 seconds a user who is signed in stays below the limit.
PAUSE_SECONDS = 0.25
# Far more than is needed: it ends a hang.
HANG_SECONDS = 90
PROVOKED = {"AvailabilityBurnsFast", "NotReady", "RequestsRejected"}

# What is shown of the run in docs/; `make picture` draws it anew.
PICTURE = ROOT / "docs" / "monitoring.svg"
SHOWN = (
    "Traffic: requests by status",
    "Errors: budgets used",
    "Latency: requests by duration",
    "Limits: rejected",
    "Database: connections",
    "Readiness",
)


@dataclass
class Seen:
    """What fired before a fault, during it, after it, and without a service."""

    before: set[str]
    during: set[str]
    after: set[str]
    at_the_end: set[str]
    rules: list[str]
    faults: list[str]
    unknown: set[str]
    pictures: list[Picture]
    drawn: str


class Load(Thread):
    """A user who asks for items and, while it is on, a client who has used up its limit."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._client = process.client
        self._headers = sign_in(process.client)
        self.rejected, self.over = Event(), Event()

    def run(self) -> None:
        while not self.over.wait(PAUSE_SECONDS):
            self._client.get(ITEMS, headers=self._headers)
            self._client.get("/health/ready")
            if self.rejected.is_set():
                self.ask_as_stranger()

    def ask_as_stranger(self) -> int:
        return self._client.get(ITEMS, headers={"X-Forwarded-For": "192.0.2.1"}).status_code

    def use_up_limit(self) -> None:
        statuses = [self.ask_as_stranger() for _ in range(LIMIT + 1)]
        assert statuses[-1] == httpx.codes.TOO_MANY_REQUESTS
        self.rejected.set()


@pytest.fixture(scope="module")
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture(scope="module")
def seen(
    service: Path, postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Seen:
    """Take the database away from a service with two workers, and hit its limits; then neither."""
    url, port = postgres.create_database(), free_port()
    environment = {
        "DATABASE_URL": url,
        "REDIS_URL": redis.empty_url(2),
        "WORKERS": "2",
        "METRICS_PORT": str(port),
        "METRICS_TOKEN": TOKEN,
        "TRUSTED_PROXIES": "127.0.0.1",
        "RATE_LIMIT_REQUESTS": str(LIMIT),
    }
    prepare(service, EVERYTHING, environment)
    log = tmp_path_factory.mktemp("prometheus") / "log"
    with (
        own_prometheus(service, port, TOKEN) as prometheus,
        serving(service, log, app("serve"), **environment) as process,
        loading(process) as load,
    ):
        until(lambda: prometheus.has_series("job:http_slow:ratio_rate5m"))
        # It was there before the service.
        until(lambda: "TargetAbsent" not in prometheus.firing())
        before, began = prometheus.firing(), time.time()
        load.use_up_limit()
        with without_database(postgres.admin_url, url):
            until(lambda: prometheus.firing() >= PROVOKED)
        during, unknown = prometheus.firing(), missing(service, prometheus)
        load.rejected.clear()
        until(lambda: not prometheus.firing() & PROVOKED)
        after, span = prometheus.firing(), Span(began, time.time())
        pictures = [
            Picture.take(panel, prometheus, span)
            for panel in panels(service, rate_interval="3s")
            if panel["title"].startswith(SHOWN)
        ]
        load.over.set()
        process.stop()
        until(lambda: "TargetAbsent" in prometheus.firing())
        at_the_end = prometheus.firing()
        names, faults = prometheus.names_of_rules(), prometheus.faults_of_rules()
    drawn = draw(pictures, span)
    if os.environ.get("GROUNDWORK_PICTURE"):
        PICTURE.write_text(drawn, encoding="utf-8")
    return Seen(before, during, after, at_the_end, names, faults, unknown, pictures, drawn)


@contextmanager
def loading(process: Process) -> Iterator[Load]:
    load = Load(process)
    load.start()
    try:
        yield load
    finally:
        load.over.set()
        load.join()


@contextmanager
def without_database(admin_url: str, url: str) -> Iterator[None]:
    """Let the service's role connect no more, until the block ends."""
    role = urlsplit(url).username
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {role} NOLOGIN")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role]
        )
        yield
        admin.execute(f"ALTER ROLE {role} LOGIN")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.2)


def missing(service: Path, prometheus: OwnPrometheus) -> set[str]:
    """Return what rules and panels read, and nobody exports."""
    queries = [*panel_queries(service), *(rule["expr"] for rule in rules(service))]
    read = {selector for query in queries for selector in selectors(query)}
    return {selector for selector in read if not prometheus.has_series(selector)}


def test_prometheus_evaluates_every_rule(service: Path, seen: Seen) -> None:
    names = [rule.get("alert") or rule["record"] for rule in rules(service)]

    assert sorted(seen.rules) == sorted(names)
    assert seen.faults == []


def test_alerts_fire_while_requests_fail_and_are_rejected(seen: Seen) -> None:
    assert seen.during >= PROVOKED


def test_alerts_are_silent_before_and_after(seen: Seen) -> None:
    assert PROVOKED & (seen.before | seen.after) == set()
    assert {"TargetAbsent", "ObjectiveAbsent"} & (seen.before | seen.during | seen.after) == set()


def test_a_service_that_is_gone_is_missed(seen: Seen) -> None:
    assert "TargetAbsent" in seen.at_the_end


def test_rules_and_panels_read_only_what_a_service_exports(seen: Seen) -> None:
    assert seen.unknown == set()


def test_panels_show_the_run(seen: Seen) -> None:
    assert [picture.title for picture in seen.pictures if not picture.lines] == []
    assert len(seen.pictures) == len(SHOWN)
    tree = ElementTree.fromstring(seen.drawn)  # noqa: S314 - our own
    assert len(tree.findall("{*}g")) == len(SHOWN)
    assert PICTURE.stat().st_size < 200_000
