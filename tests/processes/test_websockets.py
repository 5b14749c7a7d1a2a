"""Websockets of a real process: off by default, idle without a connection, closed at shutdown."""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.processes import app, prepare, serving, sign_in
from tests.support.recipes import follow
from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services
from tests.support.websockets import SECONDS, handshake, read_close_code, read_status

POOL_SIZE = 2
PATH = "/api/v1/online"
# RFC 6455, section 7.4: the code of a restart.
SERVICE_RESTART = 1012
RECIPE = "Serve a websocket"


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("sockets") / "service")
    follow(RECIPE, service)
    return service


def test_a_handshake_is_an_ordinary_request_by_default(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": postgres.create_database()}
    prepare(service, EVERYTHING, environment)
    log = tmp_path / "log"
    with serving(service, log, app("serve"), **environment) as process:
        upgrade = {"Connection": "Upgrade, close"}
        with handshake(process, PATH, upgrade, "?token=in-the-query") as opened:
            assert read_status(opened) == 404
        with handshake(process, PATH, {"X-Long": "x" * 20_000, "Connection": "close"}) as oversized:
            assert read_status(oversized) == 431
        assert process.stop() == 0
    assert "in-the-query" not in log.read_text(encoding="utf-8")


def test_idle_websockets_hold_no_connection_and_end_with_the_process(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    """Three times as many as the pool has; another server than ours refuses them, too."""
    environment = {
        "DATABASE_URL": postgres.create_database(),
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "WEBSOCKETS_ENABLED": "true",
    }
    prepare(service, EVERYTHING, environment)
    log = tmp_path / "log"
    with serving(service, log, app("serve"), **environment) as process:
        headers = sign_in(process.client)
        with ExitStack() as stack:
            query = "?token=in-the-query"
            opened = [
                stack.enter_context(handshake(process, PATH, headers, query))
                for _ in range(3 * POOL_SIZE)
            ]
            assert [read_status(each) for each in opened] == [101] * len(opened)
            me = process.client.get("/api/v1/auth/me", headers=headers)
            assert me.status_code == 200
            with handshake(process, PATH, {"X-Long": "x" * 20_000}) as oversized:
                assert read_status(oversized) == 431

            process.popen.terminate()
            assert {read_close_code(each) for each in opened} == {SERVICE_RESTART}
        assert process.popen.wait(SECONDS) == 0
    text = log.read_text(encoding="utf-8")
    assert "in-the-query" not in text
    assert f'"path":"{PATH}"' in text
    assert '"status":101' in text


def test_another_server_refuses_them_as_well(
    service: Path, postgres: Postgres, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": postgres.create_database()}
    prepare(service, EVERYTHING, environment)
    command = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--port", "PORT"]
    with serving(service, tmp_path / "log", command, **environment) as process:
        with handshake(process, PATH, sign_in(process.client)) as opened:
            assert read_status(opened) == 403
        assert process.stop() == -signal.SIGTERM
