import ssl
from pathlib import Path
from typing import Any

import pytest

from app.core.settings.database import DatabaseSettings
from app.core.settings.errors import ConfigurationError, SettingError
from app.core.settings.postgres_urls import PostgresAddress, read_postgres_url
from app.db.postgresql import connect_arguments

HOST = "postgresql://u:p@db/shop"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "root.crt"
    path.touch()
    return path


def test_an_address_without_options_is_what_it_was() -> None:
    assert read_postgres_url(HOST) == PostgresAddress(HOST, {}, None, trusts_system=False)
    assert "p@" not in repr(read_postgres_url(HOST))


@pytest.mark.parametrize(
    "query",
    [
        "sslmode=disable",
        "sslmode=require",
        "host=%2Frun%2Fpostgresql",
        "target_session_attrs=read-write",
        "target_session_attrs=primary",
    ],
)
def test_other_parameters_are_left_to_the_driver(query: str) -> None:
    assert read_postgres_url(f"{HOST}?{query}").dsn == f"{HOST}?{query}"


def test_files_of_certificates_are_left_to_the_driver(file: Path) -> None:
    address = read_postgres_url(f"{HOST}?sslmode=verify-full&sslrootcert={file}&sslcert={file}")

    assert address.dsn.count(file.name) == 2
    assert not address.trusts_system


def test_other_options_become_arguments() -> None:
    options = "-c%20search_path=shop,public%20--geqo=off%20-cDateStyle=a%5C%20b"
    url = f"postgresql+asyncpg://u:p@db/shop?application_name=jobs&connect_timeout=7&options={options}"
    arguments = connect_arguments(url, {"lock_timeout": "1"}, name="app", timeout=2)

    assert arguments == {
        "dsn": HOST,
        "timeout": 7.0,
        "server_settings": {
            "application_name": "jobs",
            "search_path": "shop,public",
            "geqo": "off",
            "datestyle": "a b",
            "lock_timeout": "1",
        },
    }


def test_without_options_the_settings_hold() -> None:
    arguments = connect_arguments(HOST, {}, name="app", timeout=2)

    assert (arguments["timeout"], arguments["server_settings"]) == (2, {"application_name": "app"})


def test_the_system_can_be_trusted() -> None:
    url = f"{HOST}?sslmode=verify-full&sslrootcert=system"
    arguments = connect_arguments(url, {}, name="app", timeout=2)

    assert arguments["dsn"] == f"{HOST}?sslmode=verify-full"
    assert arguments["ssl"].verify_mode == ssl.CERT_REQUIRED
    assert arguments["ssl"].check_hostname


def test_several_hosts_are_one_address() -> None:
    url = "postgresql://u:p@one:5432,two:5433/shop?target_session_attrs=read-write"

    assert read_postgres_url(url).dsn == url


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=on", "sslmode must be disable, allow, prefer"),
        ("sslmode=", "sslmode must be"),
        ("ssl=true", "ssl is sslmode here"),
        ("sslmode=verify-full", "sslmode=verify-full needs sslrootcert"),
        ("sslmode=verify-ca&sslrootcert=/nowhere", "sslrootcert must name a file"),
        ("sslmode=require&sslrootcert=system", "sslrootcert=system needs sslmode=verify-full"),
        ("sslcert=/nowhere", "sslcert must name a file"),
        ("channel_binding=require", "use sslmode=verify-full"),
        ("connect_timeout=0", "connect_timeout has an invalid value"),
        ("connect_timeout=soon", "connect_timeout has an invalid value"),
        ("target_session_attrs=standby", "any, primary or read-write"),
        ("pgbouncer=true", "pgbouncer is DATABASE_POOLER"),
        ("connection_limit=1", "connection_limit is DATABASE_POOL_SIZE"),
        ("schema=shop", "schema is options="),
        (
            "user=other",
            "may have these options: application_name, channel_binding, connect_timeout",
        ),
        ("options=endpoint%3Dep-1", "options may hold -c name=value alone"),
        ("options=-c%20statement_timeout%3D0", "DATABASE_COMMAND_TIMEOUT"),
        ("options=-c%20app.tenant_id%3D1", "what keeps tenants apart"),
        ("options=--Row-Security%3Doff", "what keeps tenants apart"),
        ("options=-c%20session_replication_role%3Dreplica", "what keeps tenants apart"),
    ],
)
def test_another_option_is_refused_by_its_name(query: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        read_postgres_url(f"{HOST}?{query}")


def test_every_host_is_looked_at() -> None:
    with pytest.raises(SettingError, match="port from 1 to 65535"):
        read_postgres_url("postgresql://u:p@one:5432,two:port/shop")


def test_changes_of_the_schema_go_past_a_pooler() -> None:
    def read(**values: Any) -> str:
        return DatabaseSettings(_env_file=None, database_url=HOST, **values).schema_url

    assert read() == "postgresql+asyncpg://u:p@db/shop"
    direct = "postgresql+asyncpg://u:p@direct/shop"
    assert read(database_pooler=True, database_direct_url=direct) == direct
    assert read(database_direct_url=direct) == direct
    with pytest.raises(ConfigurationError, match="DATABASE_DIRECT_URL: name PostgreSQL itself"):
        read(database_pooler=True)
