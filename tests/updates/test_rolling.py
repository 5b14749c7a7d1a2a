"""A release and the next one, side by side on one PostgreSQL and one Redis, there and back."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.faulty import wait_until
from tests.support.processes import Process, app, prepare, serving
from tests.support.releases import NEWER, Releases
from tests.support.rendering import NEWEST, run
from tests.support.rolling import (
    CHECKS,
    KINDS,
    Statuses,
    bearer,
    failures,
    loaded,
    refresh,
    send_one_of_each,
    tokens,
)
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

SETTINGS = {
    "ENVIRONMENT": "development",
    "JWT_SECRET": "Wq1vJc7t-Zs0nRb4uXy9eKd2mHg5pLa8",
    "NEWER": "of the newer release alone",
    # Reuse of a refresh token ends its family at once.
    "REFRESH_GRACE_SECONDS": "0",
    "RATE_LIMIT_REQUESTS": "10000",
    "TRUSTED_PROXIES": "127.0.0.1",
}


@dataclass
class Rollout:
    """Two releases, what they share, and the statuses that their clients have seen."""

    older: Path
    newer: Path
    logs: Path
    admin_url: str
    environment: dict[str, str]
    seen: Statuses = field(default_factory=Counter)

    @contextmanager
    def serving(self, release: Path) -> Iterator[Process]:
        log = self.logs / f"{release.name}-{len(list(self.logs.iterdir()))}"
        with serving(release, log, app("serve"), **self.environment) as process:
            yield process


@pytest.fixture(scope="module")
def rollout(
    releases: Releases,
    services: Services,
    postgres: Postgres,
    redis: Redis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Rollout:
    """Only the older release has made its tables, and the owner."""
    folder = tmp_path_factory.mktemp("rollout")
    environment = services.installed(EVERYTHING.answers) / ".venv"
    for name, version in (("older", NEWEST), ("newer", NEWER)):
        copytree(releases.fresh(EVERYTHING.answers, version), folder / name)
        (folder / name / ".venv").symlink_to(environment.resolve())
    url = postgres.create_database()
    settings = SETTINGS | {"DATABASE_URL": url, "REDIS_URL": redis.empty_url(2)}
    prepare(folder / "older", EVERYTHING, settings)
    (folder / "logs").mkdir()
    admin_url = urlsplit(postgres.admin_url)._replace(path=urlsplit(url).path).geturl()
    return Rollout(folder / "older", folder / "newer", folder / "logs", admin_url, settings)


def ready(process: Process) -> int:
    return process.client.get("/health/ready").status_code


def exchange(older: Process, newer: Process) -> None:
    """Use with each what the other has made."""
    for maker, user in permutations((older.client, newer.client)):
        headers = bearer(tokens(maker))
        for check in CHECKS:
            check(maker, user, headers)


def test_an_update_rolls_out_and_back_without_a_failed_request(rollout: Rollout) -> None:
    with ExitStack() as of_older, ExitStack() as of_newer:
        older = of_older.enter_context(rollout.serving(rollout.older))
        of_older.enter_context(loaded(older.client, rollout.seen))
        newer = of_newer.enter_context(rollout.serving(rollout.newer))
        assert (ready(older), ready(newer)) == (200, 503)
        before = tokens(older.client)

        run(rollout.newer, "make", "migrate", **rollout.environment)
        wait_until(lambda: ready(newer) == 200)
        of_newer.enter_context(loaded(newer.client, rollout.seen))
        refresh(newer.client, before)
        exchange(older, newer)
        of_older.close()

        older = of_older.enter_context(rollout.serving(rollout.older))
        assert ready(older) == 200
        of_older.enter_context(loaded(older.client, rollout.seen))
        exchange(older, newer)
        of_newer.close()
        refresh(older.client, tokens(older.client))

    assert failures(rollout.seen) == []
    assert {kind for kind, _ in rollout.seen} == set(KINDS)


def test_a_renamed_column_would_be_noticed(rollout: Rollout) -> None:
    with rollout.serving(rollout.older) as older:
        headers = bearer(tokens(older.client))
        with psycopg.connect(rollout.admin_url) as connection:
            connection.execute("ALTER TABLE users RENAME COLUMN name TO full_name")
        rollout.seen.update(send_one_of_each(older.client, headers))

    assert failures(rollout.seen)
