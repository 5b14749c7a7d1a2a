"""What a server process imports: nothing that its settings do not need."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.processes import app, prepare, serving, sign_in
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

IMPORTED = re.compile(r"^import time: .*\| +(\S+)$", re.M)
PYTHON, *SERVE = app("serve")


@dataclass(frozen=True)
class Configuration:
    """Packages that it leaves out and, lest nothing be noticed, some that it imports."""

    absent: set[str]
    present: set[str]
    environment: dict[str, str] = field(default_factory=dict)


CONFIGURATIONS = {
    "alone": Configuration(
        absent={"aiosqlite", "alembic", "httpx2", "mako", "redis", "rich", "sqlite3"},
        present={"asyncpg", "passlib", "sqlalchemy"},
    ),
    "with Redis": Configuration(absent={"alembic", "mako"}, present={"redis"}),
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_server_imports_what_it_uses(
    configuration: Configuration,
    services: Services,
    postgres: Postgres,
    redis: Redis,
    tmp_path: Path,
) -> None:
    service = services.installed(EVERYTHING.answers)
    servers = {"DATABASE_URL": postgres.create_database()} | configuration.environment
    if "redis" in configuration.present:
        servers["REDIS_URL"] = redis.empty_url(2)
    prepare(service, EVERYTHING, servers)
    traced = [PYTHON, "-X", "importtime", *SERVE]
    with serving(service, tmp_path / "log", traced, **servers) as process:
        headers = sign_in(process.client)
        for path in ("/health/ready", "/api/v1/auth/me", "/api/v1/items"):
            process.client.get(path, headers=headers).raise_for_status()

    imported = {name.partition(".")[0] for name in IMPORTED.findall(process.log.read_text())}
    assert configuration.present <= imported
    assert not configuration.absent & imported
