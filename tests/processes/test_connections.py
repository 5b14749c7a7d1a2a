"""The connections that docs/deploy.md counts are all that a rollout takes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.support.faulty import wait_until
from tests.support.pairs import serving_pair
from tests.support.processes import app, prepare
from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

POOL_SIZE = 3
# 2 x instances x WORKERS x DATABASE_POOL_SIZE + 2.
NEEDED = 2 * 1 * 1 * POOL_SIZE + 2
REQUESTS_OF_EACH = 2 * POOL_SIZE
# Nothing gives up while the test looks.
TIMEOUTS = {f"DATABASE_{name}_TIMEOUT": "60" for name in ("POOL", "CONNECT", "COMMAND", "LOCK")}


def test_two_releases_and_commands_fit_into_the_sum(
    services: Services, postgres: Postgres, tmp_path: Path
) -> None:
    service = services.installed(EVERYTHING.answers)
    url = postgres.create_database()
    prepare(service, EVERYTHING, {"DATABASE_URL": url})
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        role = urlsplit(url).username
        admin.execute(f'ALTER ROLE "{role}" CONNECTION LIMIT {NEEDED}'.encode())
    settings = TIMEOUTS | {"DATABASE_POOL_SIZE": str(POOL_SIZE)}

    with (
        serving_pair(service, url, postgres, tmp_path, **settings) as pair,
        ThreadPoolExecutor(2 * REQUESTS_OF_EACH) as pool,
    ):
        with psycopg.connect(pair.database) as connection:
            connection.execute("LOCK TABLE items")
            waiting = [
                pool.submit(client.get, "/api/v1/items")
                for client in pair.clients * REQUESTS_OF_EACH
            ]
            wait_until(lambda: pair.waiting() == 2 * POOL_SIZE)
            run(service, ".venv/bin/alembic", "upgrade", "heads", DATABASE_URL=url)
            run(service, *app("cleanup"), DATABASE_URL=url)
            assert room(url) == NEEDED - 2 * POOL_SIZE
        responses: list[httpx.Response] = [each.result() for each in waiting]

    assert [each.status_code for each in responses] == [200] * 2 * REQUESTS_OF_EACH


def room(url: str) -> int:
    """Count the connections that this role may still open."""
    with ExitStack() as opened:
        for count in range(NEEDED):
            try:
                opened.enter_context(psycopg.connect(url))
            except psycopg.OperationalError:
                return count
    return NEEDED
