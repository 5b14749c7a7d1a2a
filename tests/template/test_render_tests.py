"""The tests of a service, its own and the platform's: how they are written, what they depend on."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.rendering import run
from tests.support.services import EVERYTHING, Services
from tests.support.suites import UNMEASURED, service_suite

MOST_LINES = 1600
# Texts that may be others. Numbers are made greater, and yes and no change places.
OTHER_TEXTS = {
    "ROOT_PATH": "/shop",
    "METRICS_PORT": "9999",
    "METRICS_TOKEN": "m" * 40,
    "METRICS_NETWORKS": "10.0.0.0/8",
    "DATABASE_DIRECT_URL": "postgresql://shop:shop@direct.invalid/shop",
    "ENVIRONMENT": "production",
    "VERSION": "1.2.3",
    "HOST": "0.0.0.0",  # noqa: S104 - nothing listens there
    "LOG_LEVEL": "ERROR",
    "DATABASE_URL": "postgresql://shop:shop@database.invalid/shop",
    "REDIS_URL": "redis://redis.invalid/0",
    "JWT_ALGORITHM": "ES256",
    "JWT_SECRET": "x" * 40,
    "JWT_PREVIOUS_SECRETS": "y" * 40,
    "JWT_ISSUER": "https://shop.invalid",
    "JWT_AUDIENCE": "https://shop.invalid",
    "REQUIRE_VERIFIED_EMAIL": "true",
    "PUBLIC_URL": "https://shop.invalid",
    "SMTP_URL": "smtp://mail.invalid",
    "MAIL_FROM": "shop@shop.invalid",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "TRUSTED_HOSTS": "shop.invalid",
    "CORS_ORIGINS": "https://shop.invalid",
    "CSP_POLICY": "default-src 'none'",
    "DOCS_ENABLED": "false",
    "SHUTDOWN_DRAIN_SECONDS": "1",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318",
    "OTEL_EXPORTER_OTLP_HEADERS": "key=k",
    "OTEL_SERVICE_NAME": "shop",
    "OTEL_TRACES_SAMPLER": "traceidratio",
    "SENTRY_DSN": "https://key@sentry.invalid/1",
    "LEGACY_PASSWORD_SCHEMES": "pbkdf2_sha256:29000",
}

HANGS = """
import asyncio
import time

from fastapi import APIRouter
from httpx2 import AsyncClient

from app.core.config import Settings
from app.db.session import Database
from app.extension_points import Extensions
from app.main import create_app
from tests.platform.support import running


async def test_a_route_without_an_end(settings: Settings, database: Database) -> None:
    router = APIRouter()

    @router.get("/events")
    async def wait() -> None:
        await asyncio.Event().wait()

    async with running(create_app(settings, Extensions(routers={"": [router]}))) as client:
        await client.get("/events")


async def test_what_follows(client: AsyncClient) -> None:
    assert (await client.get("/health/live")).status_code == 200


def test_a_loop_without_an_end() -> None:
    while True:
        time.sleep(0)
"""


def test_a_service_keeps_few_lines_of_tests(services: Services) -> None:
    files = [*(services.rendered(EVERYTHING.answers) / "tests").rglob("*.py")]
    lines = [line for path in files for line in path.read_text().splitlines()]

    assert MOST_LINES / 2 < len(lines) <= MOST_LINES


def test_values_of_the_example_are_not_those_of_tests(services: Services, tmp_path: Path) -> None:
    """What a team writes into .env.example, or finds in its .env, changes no test."""
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    example = service / ".env.example"
    changed = re.sub(r"^(\w+)=(.*)$", with_another_value, example.read_text(), flags=re.MULTILINE)
    unchanged = set(example.read_text().splitlines()) & set(changed.splitlines())
    assert [line for line in unchanged if re.match(r"[^#\s].*=.", line)] == []
    (service / ".env").write_text(changed)
    example.write_text(changed)

    # Of the platform's tests in the render, one is about the example's own values.
    starts = "tests/platform/test_env_example.py::test_a_new_checkout_has_settings_to_start_with"
    run(service, ".venv/bin/pytest", UNMEASURED, "--deselect", starts)
    assert service_suite(service, "-k", "hosts or cors or sign_in or test_commands").passed > 50


def with_another_value(line: "re.Match[str]") -> str:
    name, value = line.groups()
    if name in OTHER_TEXTS:
        return f"{name}={OTHER_TEXTS[name]}"
    if value in ("true", "false"):
        return f"{name}={str(value == 'false').lower()}"
    return f"{name}={float(value) * 2:g}" if value else line[0]


def test_a_test_that_never_ends_does_not_hang_the_suite(services: Services, tmp_path: Path) -> None:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    (service / "tests/api/test_hangs.py").write_text(HANGS)
    project = tomllib.loads((service / "pyproject.toml").read_text())
    command = [".venv/bin/pytest", UNMEASURED, "-p", "no:randomly", "tests/api/test_hangs.py"]

    assert 0 < project["tool"]["pytest"]["ini_options"]["timeout"] <= 60
    # A route that never ends fails its test, and the others run.
    with pytest.raises(
        AssertionError, match=r"(?s)TimeoutError.*= 1 failed, 1 passed, 1 deselected"
    ):
        run(service, *command, "-o", "timeout=6", "-k", "not loop")
    # Nobody can interrupt a loop in the event loop's thread: the run ends, and says where it was.
    with pytest.raises(AssertionError, match=r"(?s)Timeout.*test_a_loop_without_an_end"):
        run(service, *command, "-o", "timeout=3", "-k", "loop")
