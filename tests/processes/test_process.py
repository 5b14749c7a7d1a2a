"""Each combination as a real process: uvicorn on a port, asked over HTTP, stopped by a signal."""

import json
from pathlib import Path

import httpx
import pytest

from tests.support.processes import (
    PASSWORD,
    WITH_TRAILER,
    Process,
    app,
    prepare,
    serving,
    sign_in,
)
from tests.support.rendering import Combination
from tests.support.servers import Postgres, Redis
from tests.support.services import EACH_EXTREME, Services

each_extreme = pytest.mark.parametrize("combination", EACH_EXTREME)


@pytest.fixture
def service(combination: Combination, services: Services) -> Path:
    return services.installed(combination.answers)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, as hosting services and .env.example write it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create_database()


@pytest.fixture
def environment(combination: Combination, database_url: str, redis: Redis) -> dict[str, str]:
    given = {"DATABASE_URL": database_url}
    return given | {"REDIS_URL": redis.empty_url(1)} if combination.use_redis else given


@pytest.fixture
def ready(combination: Combination, service: Path, environment: dict[str, str]) -> dict[str, str]:
    """The environment of a service whose database has the tables and an owner."""
    prepare(service, combination, environment)
    return environment


@each_extreme
def test_a_service_does_its_work_and_stops_when_told(
    combination: Combination, service: Path, ready: dict[str, str], tmp_path: Path
) -> None:
    with serving(service, tmp_path / "log", app("serve"), **ready) as process:
        checks = {"database", "role", *checks_of(combination)}
        assert health(process.client) == (200, dict.fromkeys(checks, "ok"))
        make_and_read_an_item(process.client)
        see_the_metrics(combination, process.client)
        see_the_documentation(process.client)
        assert process.stop() == 0
        see_the_log(process)
        assert "not `python -m app serve`" not in process.log.read_text()
    # Its .env names this file, which the environment outweighs.
    assert not (service / "data.db").exists()


def checks_of(combination: Combination) -> list[str]:
    chosen = {
        "migrations": combination.use_alembic,
        "tables": not combination.use_alembic,
        "redis": combination.use_redis,
    }
    return [name for name, there in chosen.items() if there]


def health(client: httpx.Client) -> tuple[int, dict[str, str]]:
    response = client.get("/health/ready")
    return response.status_code, response.json()["checks"]


def make_and_read_an_item(client: httpx.Client) -> None:
    headers = sign_in(client)
    made = client.post("/api/v1/items", headers=headers, json={"name": "Lamp"})
    assert made.status_code == 201, made.text
    read = client.get(f"/api/v1/items/{made.json()['id']}", headers=headers)
    assert (read.status_code, read.json()) == (200, made.json())
    assert client.get("/api/v1/items").status_code == 401


def see_the_metrics(combination: Combination, client: httpx.Client) -> None:
    text = client.get("/metrics").text
    assert ("redis" in text.lower()) == combination.use_redis
    counted = [line for line in text.splitlines() if "item_id" in line]
    [total] = [line for line in counted if line.startswith("http_requests_total{")]

    assert 'handler="/api/v1/items/{item_id}"' in total
    assert 'status="200"' in total
    assert total.endswith(" 1.0")


def see_the_documentation(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    schema = client.get("/openapi.json").json()
    assert schema["info"]["title"] == "My Service"
    assert "/api/v1/items/{item_id}" in schema["paths"]


def see_the_log(process: Process) -> None:
    lines = process.log_lines()
    [creation] = [line for line in lines if line.get("status") == 201]

    assert creation["route"] == "/api/v1/items"
    assert creation["request_id"]
    assert PASSWORD not in json.dumps(lines)


@each_extreme
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_service_is_not_ready_on_an_empty_database(
    combination: Combination, service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        status, checks = health(process.client)

    schema = "migrations" if combination.use_alembic else "tables"
    assert status == 503
    assert (checks["database"], checks[schema]) == ("ok", "failed")


@each_extreme
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_server_can_make_the_application(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    uvicorn = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--port", "PORT"]
    log = tmp_path / "log"
    with serving(service, log, uvicorn, **environment) as process:
        assert process.client.get("/health/live").json() == {"status": "ok"}
        see_the_documentation(process.client)
        refused = process.send(WITH_TRAILER)
    assert refused.startswith(b"HTTP/1.1 404 ")
    assert b"of-a-trailer" not in refused
    assert log.read_text().count("not `python -m app serve`") == 1
