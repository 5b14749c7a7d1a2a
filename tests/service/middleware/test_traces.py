"""The ids of a request are in all that it leads to."""

import json
import logging
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI
from httpx2 import AsyncClient, MockTransport, Request, Response
from loguru import logger
from starlette.requests import Request as Incoming

from app.api.deps import SessionDep
from app.api.mailing import send_after_response
from app.core.audit import SecurityEvent, report
from app.core.config import Settings
from app.core.http.trace import trace_headers
from app.db.after_commit import after_commit
from app.main import create_app
from app.services.mailer import Mail, SmtpMailer

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT_ID = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{PARENT_ID}-01"
MAIL = Mail(to="ann@example.com", subject="Lamps", text="Lamps.")


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)

    @app.post("/orders")
    async def create_order(
        request: Incoming, background: BackgroundTasks, session: SessionDep
    ) -> dict[str, str]:
        logger.info("event of ours")
        logging.getLogger("some.library").warning("event of a library")
        report(SecurityEvent.SIGN_IN)
        after_commit(session, fail)
        # Nobody listens there.
        mailer: Any = {"mailer": SmtpMailer("smtp://127.0.0.1:1", MAIL.to, pauses=())}
        send_after_response(background, mailer, MAIL)
        return await call_another_service()

    return app


async def fail() -> None:
    raise RuntimeError


async def call_another_service() -> dict[str, str]:
    def reply(request: Request) -> Response:
        return Response(200, json=dict(request.headers))

    async with AsyncClient(transport=MockTransport(reply), base_url="http://other.test") as other:
        headers: dict[str, str] = (await other.get("/", headers=trace_headers())).json()
        return headers


def read_lines(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    # The client of the test logs, too.
    return {line["message"]: line for line in lines if "service.test" not in line["message"]}


async def test_the_ids_of_a_request_are_in_all_its_lines_and_calls(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = [
        ("traceparent", TRACEPARENT),
        ("X-Request-ID", "order-7"),
        ("tracestate", "shop=7"),
        ("tracestate", "b=1"),
    ]
    response = await client.post("/orders", headers=headers)

    lines = read_lines(capsys)
    assert {
        "request",
        "event of ours",
        "event of a library",
        "security event",
        "error after the commit",
        "mail not delivered",
    } <= set(lines)
    span_id = lines["request"]["span_id"]
    assert len(span_id) == 16
    assert span_id != PARENT_ID
    for line in lines.values():
        ids = line["request_id"], line["trace_id"], line["span_id"]
        assert ids == ("order-7", TRACE_ID, span_id), line
    sent = response.json()
    assert sent["traceparent"] == f"00-{TRACE_ID}-{span_id}-01"
    assert sent["x-request-id"] == "order-7"
    assert sent["tracestate"] == "shop=7,b=1"


@pytest.mark.parametrize(
    "given",
    [
        [],
        [("traceparent", TRACEPARENT.replace("-01", "-01-"))],
        [("traceparent", TRACEPARENT), ("traceparent", TRACEPARENT)],
        [("traceparent", "\x7f" * 55)],
    ],
)
async def test_without_one_valid_trace_a_new_one_begins(
    client: AsyncClient, capsys: pytest.CaptureFixture[str], given: list[tuple[str, str]]
) -> None:
    await client.get("/nope", headers=given)
    first = read_lines(capsys)["request"]
    await client.get("/nope", headers=given)
    second = read_lines(capsys)["request"]

    assert TRACE_ID not in (first["trace_id"], second["trace_id"])
    # A request that begins a trace is found by either id.
    assert first["trace_id"] == first["request_id"]
    assert len({first["trace_id"], second["trace_id"]}) == 2
    assert len({first["span_id"], second["span_id"]}) == 2


async def test_an_id_from_the_client_is_not_that_of_a_trace(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/nope", headers={"X-Request-ID": "order-7"})

    line = read_lines(capsys)["request"]
    assert line["request_id"] == "order-7"
    assert len(line["trace_id"]) == 32
