"""What a server process imports: nothing that its settings do not need."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.processes import app, prepare, serving, sign_in
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

IMPORTED = re.compile(r"^import time: .*\| +(\S+)$", re.M)
PYTHON, *SERVE = app("serve")


def make_key() -> str:
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return pem.decode()


@dataclass(frozen=True)
class Configuration:
    """Packages that it leaves out and, lest nothing be noticed, some that it imports."""

    absent: set[str]
    present: set[str]
    environment: dict[str, str] = field(default_factory=dict)


CONFIGURATIONS = {
    "alone": Configuration(
        absent={
            *("aiosqlite", "alembic", "cryptography", "httpx2", "jose", "jwt", "mako"),
            # Of OpenTelemetry's SDK.
            *("google", "requests"),
            *("redis", "rich", "sentry_sdk", "urllib3"),
        },
        present={"asyncpg", "passlib", "sqlalchemy"},
    ),
    # Its library imports cryptography by itself.
    "with Redis": Configuration(absent={"alembic", "jose"}, present={"redis"}),
    "with a key pair": Configuration(
        absent={"alembic", "redis"},
        present={"cryptography", "jose"},
        environment={"JWT_ALGORITHM": "ES256", "JWT_SECRET": make_key()},
    ),
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
