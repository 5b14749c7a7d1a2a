"""What a request or a setting keeps secret is in no line of the log, and in no report to Sentry."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.service.support.envelopes import Endpoint, sentry_endpoint
from tests.support.migrating import migrate
from tests.support.processes import Process, app, serving
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services

CRASHING = """
import logging
import warnings
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header
from loguru import logger

from app.extension_points import Extensions

router = APIRouter()

def crash(secret):
    raise RuntimeError("crashed on purpose")

@router.get("/crash")
async def get_crash(x_crash: Annotated[str, Header()]) -> None:
    secret = [x_crash]
    crash(secret)

@router.get("/crash-behind")
async def get_crash_behind(x_crash: Annotated[str, Header()], background: BackgroundTasks) -> None:
    logger.debug("a detail of ours")
    logging.getLogger("library").warning("a warning of a library")
    warnings.warn("a warning of Python")
    logger.bind(api_token=x_crash, body={"password": x_crash}).info("an event of ours")
    background.add_task(crash, x_crash)

extensions = Extensions(routers={"/api/v1": [router]})
"""
NAMES = (
    "password",
    "token",
    "cookie",
    "header",
    "query",
    "variable",
    "field",
    "redis",
    "smtp",
    "database",
    "sentry",
)
# Each is one that nothing else contains.
CANARIES = {name: f"Canary{number}Kw7Xq{name[::-1]}Zt9Rm" for number, name in enumerate(NAMES)}
AWAY = {
    "REDIS_URL": f"redis://:{CANARIES['redis']}@127.0.0.1:1/0",
    "SMTP_URL": f"smtp://shop:{CANARIES['smtp']}@127.0.0.1:1",
}
ENVIRONMENTS = {
    "development": {"ENVIRONMENT": "development", "LOG_LEVEL": "DEBUG"},
    "production": {
        "ENVIRONMENT": "production",
        "TRUSTED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "none",
        "METRICS_NETWORKS": "127.0.0.1",
        "PUBLIC_URL": "https://shop.example",
        "MAIL_FROM": "shop@example.com",
    },
}
EXPECTED = (
    "unhandled error",
    "crashed on purpose",
    "a detail of ours",
    "a warning of a library",
    "a warning of Python",
    "an event of ours",
    "redis is unavailable",
    "mail not delivered",
)
HANG_SECONDS = 60


@pytest.fixture
def service(services: Services, tmp_path: Path) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    (service / "app/extensions.py").write_text(CRASHING)
    return service


@pytest.fixture
def database_url(service: Path, postgres: Postgres) -> str:
    url = postgres.create_database()
    migrate(service, url)
    parts, password = urlsplit(url), CANARIES["database"]
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {parts.username} PASSWORD '{password}'")
    netloc = f"{parts.username}:{password}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=netloc))


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_secret_is_in_the_log_or_in_a_report(
    service: Path, servers: dict[str, str], sentry: Endpoint, environment: str, log_format: str
) -> None:
    """At any level, in either format."""
    given = ENVIRONMENTS[environment] | servers | {"LOG_FORMAT": log_format}
    log = service / "log"
    with serving(service, log, app("serve"), **given) as process:
        if environment == "production":
            process.popen.send_signal(signal.SIGUSR1)
            wait_for(log, "log level set by a signal")
        send_canaries(process)
        for expected in EXPECTED:
            wait_for(log, expected)
        process.stop()
    said = log.read_text()

    assert said.startswith("{" if log_format == "json" else "2")
    assert [name for name, canary in CANARIES.items() if canary in said] == []
    reports = b"".join(sentry.envelopes)
    assert reports.count(b'"RuntimeError"') == 2
    assert b"Error in app.services.mailer.send" in reports
    assert [name for name, canary in CANARIES.items() if canary.encode() in reports] == []


@pytest.fixture
def servers(database_url: str, sentry: Endpoint) -> dict[str, str]:
    return AWAY | {"DATABASE_URL": database_url, "SENTRY_DSN": sentry.dsn}


@pytest.fixture
def sentry() -> Iterator[Endpoint]:
    with sentry_endpoint(CANARIES["sentry"]) as endpoint:
        yield endpoint


def wait_for(log: Path, text: str) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while text not in log.read_text():
        assert time.monotonic() < deadline, text
        time.sleep(0.05)


def send_canaries(process: Process) -> None:
    client = process.client
    secret = CANARIES
    given = {
        "Authorization": f"Bearer {secret['token']}",
        "Cookie": f"session={secret['cookie']}",
        "X-Canary": secret["header"],
        "traceparent": secret["header"],
        "X-Request-ID": f"{secret['header']}!",
    }
    client.headers.update(given)
    person = {"email": "ann@example.com", "password": secret["password"]}
    assert client.post("/api/v1/auth/register", json=person).status_code == 202
    form = {"grant_type": "password", "username": "a@b.example", "password": secret["password"]}
    assert client.post("/api/v1/auth/token", data=form).status_code == 400
    wrong = {"token": secret["token"], "password": {secret["field"]: secret["password"]}}
    assert client.post("/api/v1/auth/password-reset", json=wrong).is_client_error
    for path in ("/verify-email", "/api/v1/auth/me", "/api/v1/auth/verify-email"):
        assert client.get(path, params={"token": secret["query"]}).is_client_error
    for path, status in (("/crash", 500), ("/crash-behind", 200)):
        crashed = client.get(f"/api/v1{path}", headers={"X-Crash": secret["variable"]})
        assert crashed.status_code == status, crashed.text
