"""DATABASE_URL as hosting services hand it out, against servers that hold it to its word."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.certificates import Certificate, make_certificate
from tests.support.own_postgres import OwnPostgres, own_postgres
from tests.support.rendering import run
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

PING = """
import asyncio
from sqlalchemy import text
from app.context import open_settings_database
from app.core.config import get_settings

SETTINGS = ["application_name", "search_path", "statement_timeout"]

async def ping():
    async with open_settings_database(get_settings()) as database, database.session() as session:
        used = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        print("encrypted", await session.scalar(text(used)))
        for name in SETTINGS:
            print(name, await session.scalar(text(f"SHOW {name}")))

asyncio.run(ping())
"""
# Options, the variable that says what the system trusts, and the host when it is another.
VERIFIED = "sslmode=verify-full&sslrootcert="
ACCEPTED = {
    "encrypted": "sslmode=require",
    "verified": f"{VERIFIED}{{ours}}",
    "verified by its issuer": "sslmode=verify-ca&sslrootcert={ours}",
    "required and verified by its issuer": "sslmode=require&sslrootcert={ours}",
    "as one hosting service has it": "sslmode=require&channel_binding=prefer&connect_timeout=10",
}
REFUSED = {
    "not encrypted": ("sslmode=disable", "no encryption"),
    "by another issuer": (f"{VERIFIED}{{others}}", "CERTIFICATE_VERIFY_FAILED"),
    "by one that the system does not know": (f"{VERIFIED}system", "CERTIFICATE_VERIFY_FAILED"),
}


@pytest.fixture(scope="module")
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return make_certificate()


@pytest.fixture(scope="module")
def server(certificate: Certificate) -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        server.demand_encryption(certificate)
        yield server


@pytest.fixture(scope="module")
def roots(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("roots")
    found = {"ours": certificate.roots, "others": make_certificate().roots}
    for name, pem in found.items():
        (folder / name).write_text(pem, encoding="utf-8")
    return {name: folder / name for name in found}


@pytest.fixture(scope="module")
def url(server: OwnPostgres) -> str:
    return Postgres(server.url).create_database()


def ping(service: Path, url: str, **environment: str) -> dict[str, str]:
    said = run(service, ".venv/bin/python", "-c", PING, DATABASE_URL=url, **environment)
    return dict(line.split(maxsplit=1) for line in said.splitlines())


@pytest.mark.parametrize("options", ACCEPTED.values(), ids=ACCEPTED)
def test_a_connection_is_encrypted(
    service: Path, url: str, roots: dict[str, Path], options: str
) -> None:
    assert ping(service, f"{url}?{options.format(**roots)}")["encrypted"] == "True"


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_a_connection_is_refused(
    service: Path, url: str, roots: dict[str, Path], options: str, said: str
) -> None:
    with pytest.raises(AssertionError, match=said) as refused:
        ping(service, f"{url}?{options.format(**roots)}")
    assert str(urlsplit(url).password) not in str(refused.value)


def test_the_name_of_the_host_is_verified(service: Path, url: str, roots: dict[str, Path]) -> None:
    named = url.replace("127.0.0.1", "localhost")
    with pytest.raises(AssertionError, match="not valid for 'localhost'"):
        ping(service, f"{named}?{VERIFIED}{roots['ours']}")

    by_issuer = f"{named}?sslmode=verify-ca&sslrootcert={roots['ours']}"
    assert ping(service, by_issuer)["encrypted"] == "True"


def test_the_roots_of_the_system_are_trusted(
    service: Path, url: str, roots: dict[str, Path]
) -> None:
    found = ping(service, f"{url}?{VERIFIED}system", SSL_CERT_FILE=str(roots["ours"]))

    assert found["encrypted"] == "True"


def test_settings_of_the_url_hold_beside_ours(service: Path, url: str) -> None:
    options = "application_name=jobs&options=-c%20search_path%3Dshop,public"
    found = ping(service, f"{url}?sslmode=require&{options}")

    assert found == {
        "encrypted": "True",
        "application_name": "jobs",
        "search_path": "shop,public",
        "statement_timeout": "4500ms",
    }


def test_the_host_that_can_write_is_found(service: Path, url: str, server: OwnPostgres) -> None:
    """Of two, with the standby first: no restart is needed when they change places."""
    parts = urlsplit(url)
    with server.standby() as standby, psycopg.connect(standby.url) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        hosts = f"127.0.0.1:{urlsplit(standby.url).port},127.0.0.1:{parts.port}"
        place = f"{parts.username}:{parts.password}@{hosts}"
        both = parts._replace(netloc=place, query="target_session_attrs=read-write").geturl()

        assert ping(service, both)["encrypted"] == "True"
        assert run(service, ".venv/bin/alembic", "upgrade", "heads", DATABASE_URL=both)
