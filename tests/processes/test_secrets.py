"""No process writes a part of a secret, whatever is typed and whichever server is away."""

import subprocess
from pathlib import Path

import pytest

from tests.support.processes import Process, app, serving
from tests.support.rendering import clean_environment
from tests.support.services import EVERYTHING, Services

HEAD, TAIL = "Kw7Xq", "Zt9Rm"
ALEMBIC = [".venv/bin/alembic", "upgrade", "heads"]
UVICORN = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--port", "1"]
COMMANDS = {
    "check": app("check"),
    "serve": app("serve"),
    "cleanup": app("cleanup"),
    "create-owner": app("create-owner", "--email", "ann@example.com"),
    "alembic": ALEMBIC,
    "uvicorn": UVICORN,
}
MALFORMED = {
    "DATABASE_URL": f"postgresql://shop:{HEAD}/{TAIL}@db/shop",
    "REDIS_URL": f"redis://:{HEAD}#{TAIL}@cache:6379/0",
    "SMTP_URL": f"smtp://shop:{HEAD}@{TAIL}@mail:587",
    "JWT_SECRET": f"{HEAD},{TAIL}",
    "JWT_PREVIOUS_SECRETS": f"-----BEGIN PRIVATE KEY-----\n{HEAD}\n{TAIL}",
}
# Nobody listens on port 1.
AWAY = {
    "DATABASE_URL": f"postgresql://shop:{HEAD}%40{TAIL}@127.0.0.1:1/shop",
    "REDIS_URL": f"redis://:{HEAD}%40{TAIL}@127.0.0.1:1/0",
    "SMTP_URL": f"smtp://shop:{HEAD}%40{TAIL}@127.0.0.1:1",
    "JWT_SECRET": f"{HEAD}-oD4vQ8sLw1nXz6Rb9LyGd3Mf0P-{TAIL}",
    "JWT_PREVIOUS_SECRETS": f"{TAIL}-oD4vQ8sLw1nXz6Rb9LyGd3Mf0P-{HEAD}",
    "LOG_LEVEL": "DEBUG",
}


@pytest.fixture
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


def run(
    service: Path, command: str, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        COMMANDS[command],
        cwd=service,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_silent(said: str) -> None:
    assert HEAD not in said
    assert TAIL not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_malformed_secret_is_named_and_not_shown(service: Path, command: str) -> None:
    """All at once: a message about each, and none of them holds a part."""
    done = run(service, command, MALFORMED)
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert all(name in said for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL"))
    assert "write @ as %40" in said
    assert_silent(said)
    # A foreign server prints the traceback of whatever ends it.
    if command != "uvicorn":
        lines = [line for line in said.splitlines() if not line.startswith(("FAILED: ", "INFO"))]
        assert all(line.partition(":")[0] in MALFORMED for line in lines), said


@pytest.mark.parametrize("command", ["check", "alembic", "uvicorn"])
def test_a_malformed_secret_in_a_file_is_named_and_not_shown(
    service: Path, command: str, tmp_path: Path
) -> None:
    for name, value in MALFORMED.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
    # The .env of the service has one already, and a secret comes from one place.
    (tmp_path / "JWT_SECRET").unlink()
    (tmp_path / "DATABASE_URL").unlink()
    done = run(service, command, {"SECRETS_DIR": str(tmp_path)})
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert all(f"{name}: " in said for name in ("REDIS_URL", "SMTP_URL"))
    assert_silent(said)


@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_PREVIOUS_SECRETS"])
@pytest.mark.parametrize("command", ["check", "serve", "uvicorn"])
def test_a_malformed_key_is_named_and_not_shown(service: Path, command: str, name: str) -> None:
    done = run(service, command, {name: MALFORMED[name]})
    said = done.stdout + done.stderr

    assert done.returncode != 0
    assert f"{name}: " in said
    assert_silent(said)


@pytest.mark.parametrize("command", ["cleanup", "create-owner", "alembic"])
def test_a_command_whose_servers_are_away_shows_no_secret(service: Path, command: str) -> None:
    done = run(service, command, AWAY)

    assert done.returncode != 0
    assert_silent(done.stdout + done.stderr)


def test_a_service_whose_servers_are_away_shows_no_secret(service: Path, tmp_path: Path) -> None:
    with serving(service, tmp_path / "log", app("serve"), **AWAY) as process:
        assert process.client.get("/health/ready").status_code == 503
        fail(process)
        process.stop()
        assert_silent(process.log.read_text())


def test_a_mail_server_that_is_away_shows_no_secret(service: Path, tmp_path: Path) -> None:
    environment = AWAY | {"DATABASE_URL": f"sqlite:///{tmp_path}/data.db"}
    done = run(service, "alembic", environment)
    assert done.returncode == 0, done.stderr
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        fail(process)
        process.stop()
        said = process.log.read_text()

    assert "mail not delivered" in said
    assert "redis is unavailable, going on without it" in said
    assert_silent(said)


def fail(process: Process) -> None:
    """Make a request that needs every server there is."""
    person = {"email": "ann@example.com", "password": "correct horse battery staple"}
    assert process.client.post("/api/v1/auth/register", json=person).status_code in (202, 503)
    process.client.post("/api/v1/auth/token", data={"username": "a@b.example", "password": "x"})
