"""The traces that a service sends to a collector: what is in them, and what never is."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.support.otlp import Receiver, Span, otlp_receiver
from tests.support.processes import EMAIL, PASSWORD, app, prepare, serving, sign_in
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

ORDERS = """
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header
from httpx2 import AsyncClient
from opentelemetry import trace
from sqlalchemy import text

from app.api.deps import SessionDep, SignedInDep, StateDep, resource
from app.api.mailing import send_after_response
from app.core.http.trace import trace_headers
from app.extension_points import Extensions
from app.services.mailer import Mail

class Rates(AsyncClient):
    pass

RatesDep = Annotated[Rates, resource(Rates)]
router = APIRouter()
tracer = trace.get_tracer(__name__)

@router.post("/orders/{number}")
async def create_order(
    number: str,
    actor: SignedInDep,
    session: SessionDep,
    rates: RatesDep,
    background: BackgroundTasks,
    state: StateDep,
    x_canary: Annotated[str, Header()],
) -> None:
    await session.execute(text("SELECT 'inline', CAST(:value AS text)"), {"value": x_canary})
    with tracer.start_as_current_span("price order"):
        await rates.get(f"/rates/{x_canary}", params={"q": x_canary}, headers=trace_headers())
    mail = Mail(to=f"{x_canary}@example.com", subject=x_canary, text=x_canary)
    send_after_response(background, state, mail)

@router.get("/crash")
async def crash(session: SessionDep, x_canary: Annotated[str, Header()]) -> None:
    await session.execute(text(f"SELECT '{x_canary}' FROM nothing"))

extensions = Extensions(
    routers={"/api/v1": [router]},
    resources={Rates: lambda _: Rates(base_url="http://127.0.0.1:RATES_PORT")},
)
"""
CANARY = "CanaryKw7XqZt9Rm"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT_ID = "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01", "tracestate": "shop=7,vendor=a:b"}
CRASH_ID, NOWHERE_ID = "c" * 32, "d" * 32
CRASH, NOWHERE = ({"traceparent": f"00-{each}-{PARENT_ID}-01"} for each in (CRASH_ID, NOWHERE_ID))
UNSAMPLED = {"traceparent": f"00-{'ab' * 16}-{PARENT_ID}-00"}
ORDER = "/api/v1/orders/{number}"


@dataclass
class Run:
    """What a process sent and wrote until it ended."""

    receiver: Receiver
    log: list[dict[str, Any]]
    called: list[dict[str, str]]
    tenant: str

    def spans_of(self, trace_id: str) -> list[Span]:
        return [span for span in self.receiver.spans if span.trace_id == trace_id]

    def line(self, trace_id: str) -> dict[str, Any]:
        [line] = [
            each
            for each in self.log
            if each["message"] == "request" and each["trace_id"] == trace_id
        ]
        return line


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Another service: its port, and the headers of the calls to it."""
    called: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(dict(self.headers.items()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, called
        server.shutdown()


@pytest.fixture(scope="module")
def service(
    services: Services,
    other: tuple[int, list[dict[str, str]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    place = tmp_path_factory.mktemp("tracing") / "service"
    service = services.copied(EVERYTHING.answers, place)
    (service / "app/extensions.py").write_text(ORDERS.replace("RATES_PORT", str(other[0])))
    return service


@pytest.fixture(scope="module")
def environment(service: Path, postgres: Postgres, redis: Redis) -> dict[str, str]:
    servers = {"DATABASE_URL": postgres.create_database(), "REDIS_URL": redis.empty_url(3)}
    prepare(service, EVERYTHING, servers)
    return servers


@pytest.fixture(scope="module")
def by_callers(
    service: Path,
    environment: dict[str, str],
    other: tuple[int, list[dict[str, str]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """A process of which only callers decide what is recorded."""
    with otlp_receiver() as receiver:
        given = environment | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,x-team=shop",
            "OTEL_SERVICE_NAME": "orders",
            "OTEL_TRACES_SAMPLER_ARG": "0",
        }
        log = tmp_path_factory.mktemp("by_callers") / "log"
        with serving(service, log, app("serve"), **given) as process:
            client = process.client
            client.headers.update(sign_in(client))
            tenant = client.get("/api/v1/auth/me").json()["tenant_id"]
            number = f"/api/v1/orders/{CANARY}"
            for headers in (SAMPLED, UNSAMPLED, {}):
                given = headers | {"X-Canary": CANARY, "Cookie": f"a={CANARY}"}
                response = client.post(number, params={"q": CANARY}, headers=given)
                assert response.status_code == 200, response.text
            crash = client.get("/api/v1/crash", headers=CRASH | {"X-Canary": CANARY})
            assert crash.status_code == 500
            assert client.get("/health/ready", headers=SAMPLED).is_success
            assert client.get(f"/nope/{CANARY}", headers=NOWHERE).status_code == 404
            assert process.stop() == 0
            return Run(receiver, process.log_lines(), other[1], tenant)


def test_a_request_is_one_trace(by_callers: Run) -> None:
    spans = {span.name: span for span in by_callers.spans_of(TRACE_ID)}
    server = spans[f"POST {ORDER}"]
    line = by_callers.line(TRACE_ID)

    assert (server.trace_id, server.span_id) == (line["trace_id"], line["span_id"])
    assert (server.kind, server.parent_id, server.is_error) == ("SERVER", PARENT_ID, False)
    assert server.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": ORDER,
        "tenant.id": by_callers.tenant,
        "url.scheme": "http",
    }
    # In a span of the team's, found by the plain API.
    call, own = spans["GET"], spans["price order"]
    assert (call.parent_id, own.kind) == (own.span_id, "INTERNAL")
    children = [span for span in spans.values() if span not in (server, call)]
    assert {span.parent_id for span in children} == {server.span_id}
    assert {span.kind for span in children} == {"CLIENT", "INTERNAL"}
    background = spans["background app.services.mailer.ConsoleMailer.send"]
    assert background.kind == "INTERNAL"
    assert spans["EVALSHA"].attributes == {
        "db.system.name": "redis",
        "db.operation.name": "EVALSHA",
    }
    assert spans["SELECT sessions"].attributes["db.system.name"] == "postgresql"
    text = "SELECT ?, CAST($1 AS text)"
    assert spans["SELECT"].attributes["db.query.text"] == text
    called = call.attributes["server.address"], call.attributes["http.response.status_code"]
    assert called == ("127.0.0.1", 200)
    assert len(by_callers.spans_of(TRACE_ID)) == len(spans) == 7


def test_the_service_that_is_called_continues_the_trace(by_callers: Run) -> None:
    [call] = [span for span in by_callers.spans_of(TRACE_ID) if span.name == "GET"]
    recorded, unrecorded, new = by_callers.called

    assert recorded["traceparent"] == f"00-{TRACE_ID}-{call.span_id}-01"
    assert recorded["tracestate"] == SAMPLED["tracestate"]
    assert call.state == SAMPLED["tracestate"]
    # What is not recorded goes on as it is without traces.
    for headers, flags in ((unrecorded, "-00"), (new, "-00")):
        ids = headers["traceparent"].split("-")[1:3]
        line = by_callers.line(ids[0])
        assert ids == [line["trace_id"], line["span_id"]]
        assert headers["traceparent"].endswith(flags)


def test_only_what_a_caller_records_is_recorded(by_callers: Run) -> None:
    traces = {span.trace_id for span in by_callers.receiver.spans}

    assert traces == {TRACE_ID, CRASH_ID, NOWHERE_ID}


def test_a_span_says_that_it_failed_and_nothing_of_the_error(by_callers: Run) -> None:
    spans = {span.name: span for span in by_callers.spans_of(CRASH_ID)}

    assert spans["GET /api/v1/crash"].attributes["error.type"] == "500"
    failed = spans["SELECT nothing"].attributes
    assert (failed["error.type"], failed["db.response.status_code"]) == (
        "ProgrammingError",
        "42P01",
    )
    assert {span.name for span in spans.values() if span.is_error} == {
        "GET /api/v1/crash",
        "SELECT nothing",
    }
    [nowhere] = [each for each in by_callers.spans_of(NOWHERE_ID) if each.kind == "SERVER"]
    assert (nowhere.name, "http.route" in nowhere.attributes) == ("GET", False)


def test_nothing_that_a_client_sent_is_exported(by_callers: Run) -> None:
    sent = b"".join(by_callers.receiver.bodies)
    secrets = [CANARY, EMAIL, PASSWORD]

    assert TRACE_ID in {span.trace_id for span in by_callers.receiver.spans}
    assert [secret for secret in secrets if secret.encode() in sent] == []


def test_the_collector_knows_the_service(by_callers: Run) -> None:
    resource, headers = by_callers.receiver.spans[0].resource, by_callers.receiver.headers[0]

    assert (resource["service.name"], resource["service.version"]) == ("orders", "0.0.0")
    assert resource["deployment.environment.name"] == "development"
    assert (headers["api-key"], headers["x-team"]) == ("a b", "shop")


def test_every_worker_records_what_no_caller_decided(
    service: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with otlp_receiver() as receiver:
        given = environment | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_TRACES_SAMPLER_ARG": "1",
            "WORKERS": "2",
        }
        with serving(service, tmp_path / "log", app("serve"), **given) as process:
            for _ in range(10):
                # Each on a connection of its own, so that both workers have some.
                process.client.get("/nope", headers={"Connection": "close"})
            process.client.get("/nope", headers=UNSAMPLED)
            assert process.stop() == 0
        lines = [line for line in process.log_lines() if line["message"] == "request"]
    recorded = {(line["trace_id"], line["span_id"]) for line in lines}
    unrecorded = UNSAMPLED["traceparent"].split("-")[1]
    spans = [span for span in receiver.spans if span.kind == "SERVER"]

    assert {(span.trace_id, span.span_id) for span in spans} == {
        ids for ids in recorded if ids[0] != unrecorded
    }
    assert len(spans) == 10
    assert {span.parent_id for span in spans} == {""}


@pytest.mark.parametrize("is_listening", [True, False], ids=["hangs", "absent"])
def test_a_collector_that_is_away_costs_nothing(
    service: Path, environment: dict[str, str], tmp_path: Path, *, is_listening: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        port = collector.getsockname()[1]
        if not is_listening:
            collector.close()
        given = environment | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_TRACES_SAMPLER_ARG": "1",
            # So that it is being sent when the process is told to stop.
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "RATE_LIMIT_ENABLED": "false",
            # Both are flushed one after the other, within the limit of a stopping process.
            "SENTRY_DSN": f"http://key@127.0.0.1:{port}/1",
        }
        with serving(service, tmp_path / "log", app("serve"), **given) as process:
            statuses = {process.client.get("/nope").status_code for _ in range(100)}
            process.client.get("/api/v1/crash", headers={"X-Canary": CANARY})
            assert process.stop() == 0

    assert statuses == {404}
