"""What heavy suites run against: nothing on SQLite, and everything on real servers."""

from pathlib import Path

import pytest

from tests.support.processes import prepare
from tests.support.rendering import Combination
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, NOTHING

BARE_AND_WHOLE = [
    pytest.param(combination, id=database)
    for combination, database in ((NOTHING, "sqlite"), (EVERYTHING, "postgresql"))
]


def make_ready(
    service: Path, combination: Combination, folder: Path, request: pytest.FixtureRequest
) -> dict[str, str]:
    """Make tables and an owner; return the environment to serve in, without limits on rates."""
    environment = {"DATABASE_URL": f"sqlite:///{folder}/data.db", "RATE_LIMIT_ENABLED": "false"}
    if combination == EVERYTHING:
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        environment |= {"DATABASE_URL": postgres.create_database(), "REDIS_URL": redis.empty_url(1)}
    prepare(service, combination, environment)
    return environment
