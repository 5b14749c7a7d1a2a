"""Hostile requests, raw over sockets, against real processes: no 5xx, no hang, one line each."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from select import select
from shutil import copytree
from typing import Any

import pytest

from tests.attacks.hostile import bodies, heads, numbers, sizes, texts
from tests.attacks.hostile.requests import (
    CANARY,
    JSON,
    PROBES,
    TOKEN,
    TOO_MANY_BYTES,
    Attack,
    request,
)
from tests.support.attacked import BARE_AND_WHOLE, make_ready
from tests.support.processes import Process, app, serving, sign_in
from tests.support.rendering import ROOT, Combination
from tests.support.services import NOTHING, Services

ROUTES = ROOT / "tests" / "probes" / "hostile"
ATTACKS = [*texts.ATTACKS, *bodies.ATTACKS, *numbers.ATTACKS, *sizes.ATTACKS, *heads.ATTACKS]
# Ends a hang: no response takes longer than a body is waited for.
SECONDS = 20
# What the server's parser says to what it cannot read.
UNREADABLE = b"Invalid HTTP request received."
BEFORE_A_REQUEST = {UNREADABLE.decode(), "head of a request refused"}
on_each_service = pytest.mark.parametrize("target", BARE_AND_WHOLE, indirect=True)


class Target:
    """A service under attack."""

    def __init__(self, process: Process, *, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite
        self._process = process
        self._token = sign_in(process.client)["Authorization"].split()[1].encode()
        self._lines_seen = 0
        self.new_lines()

    def send(self, sent: bytes, *, then: bytes = b"") -> tuple[HTTPResponse, bytes]:
        """Send all at once, and `then` again and again until there is a response."""
        url = self._process.client.base_url
        with socket.create_connection((url.host, url.port or 80), timeout=SECONDS) as connection:
            # It may respond, and close, before it has read everything.
            with suppress(ConnectionError):
                connection.sendall(sent.replace(TOKEN, self._token))
                while then and not select([connection], [], [], 0.02)[0]:
                    connection.sendall(then)
            response = HTTPResponse(connection, method=sent.partition(b" ")[0].decode("latin-1"))
            response.begin()
            return response, response.read()

    def new_lines(self) -> list[dict[str, Any]]:
        """Return the lines since the last call, which those of a request of our own follow."""
        marker = f"marker-{self._lines_seen}"
        self._process.client.get("/nowhere", headers={"X-Request-ID": marker})
        deadline = time.monotonic() + SECONDS
        while True:
            lines = self._process.log_lines()[self._lines_seen :]
            others = [line for line in lines if line.get("request_id") != marker]
            # After its response a request may still have something to do, and its line to write.
            if len(others) < len(lines) and outcomes(others):
                self._lines_seen += len(lines)
                return others
            assert time.monotonic() < deadline, lines
            time.sleep(0.01)


def outcomes(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pick the lines that say how a request ended; the server's parser may speak before that."""
    ends = [
        line for line in lines if line.get("event") == "access" or '"WebSocket ' in line["message"]
    ]
    return ends or [line for line in lines if line["message"] in BEFORE_A_REQUEST]


@pytest.fixture(scope="module")
def target(
    request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    combination: Combination = request.param
    folder = tmp_path_factory.mktemp("target")
    service = with_probes(services, combination, folder)
    environment = make_ready(service, combination, folder, request)
    limits = {"BODY_TIMEOUT": "0.5", "MAX_BODY_BYTES": str(TOO_MANY_BYTES - 1)}
    with serving(service, folder / "log", app("serve"), **environment, **limits) as process:
        yield Target(process, is_sqlite=combination == NOTHING)


def with_probes(services: Services, combination: Combination, folder: Path) -> Path:
    """Render a service and add the probes to it, as a team adds its routes."""
    installed = services.installed(combination.answers)
    service = Path(copytree(services.rendered(combination.answers), folder / "service"))
    copytree(ROUTES, service, dirs_exist_ok=True)
    (service / ".venv").symlink_to(installed / ".venv")
    (service / ".env").write_bytes((installed / ".env").read_bytes())
    return service


@on_each_service
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_gets_its_response_and_its_line(target: Target, attack: Attack) -> None:
    response, body = target.send(attack.sent)
    lines = target.new_lines()

    expected = attack.on_sqlite if target.is_sqlite and attack.on_sqlite else attack.status
    assert response.status == expected, body
    assert CANARY.encode() not in body
    assert body == UNREADABLE or re.fullmatch(
        r"[\w.-]{1,64}|", response.headers["X-Request-ID"] or ""
    )
    assert len(outcomes(lines)) == 1, lines
    assert [line for line in lines if line["level"] in {"ERROR", "CRITICAL"}] == []
    if response.status >= 400 and body not in {b"", UNREADABLE}:
        see_a_problem(response, body)


def see_a_problem(response: HTTPResponse, body: bytes) -> None:
    problem = json.loads(body)
    if "error" in problem:
        assert problem.keys() == {"error", "error_description"}
    else:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert problem["status"] == response.status
        assert problem["request_id"] == response.headers["X-Request-ID"]


@on_each_service
def test_a_client_that_trickles_is_given_up(target: Target) -> None:
    head = request("POST", PROBES, JSON, f"Content-Length: {TOO_MANY_BYTES - 1}")
    response, body = target.send(head, then=b" ")
    lines = target.new_lines()

    assert response.status == 408, body
    assert response.headers["Connection"] == "close"
    assert [line["status"] for line in outcomes(lines)] == [408]


def test_attacks_are_many_and_different() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert len({attack.sent for attack in ATTACKS}) == len(ATTACKS)


def test_a_parser_that_takes_any_method_makes_no_label_of_it(
    services: Services, tmp_path: Path
) -> None:
    service = services.installed(NOTHING.answers)
    h11 = [".venv/bin/uvicorn", "app.main:create_app", "--factory", "--http", "h11", "--port"]
    with serving(service, tmp_path / "log", [*h11, "PORT"]) as process:
        before = process.client.get("/metrics").text.count("\nhttp_requests_total{")
        for number in range(3):
            assert process.client.request(f"BREW{number}", "/docs").status_code == 405
        metrics = process.client.get("/metrics").text

    assert "BREW" not in metrics
    assert metrics.count("\nhttp_requests_total{") == before
