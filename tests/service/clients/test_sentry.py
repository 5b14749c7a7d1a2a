"""Errors at a Sentry of its own, or at one that is away or hangs."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Header
from httpx2 import AsyncClient
from loguru import logger
from pydantic import SecretStr

from app.api.deps import SessionDep, requires
from app.clients.sentry import FLUSH_SECONDS, errors_sent
from app.core.config import Settings
from app.core.errors import AppError, NotFoundError, ServiceUnavailableError
from app.core.logging import set_level
from app.core.principal import TENANT_READ, Principal
from app.core.settings import project
from app.core.settings.platform_version import PLATFORM_VERSION
from app.db.after_commit import after_commit
from app.db.session import Database
from app.main import create_app
from service.support.envelopes import KEY, Endpoint, hanging_endpoint, sentry_endpoint
from tests.platform.support import Account, SignIn, running

CANARY = "Canary7Kw7XqnoitpecxeZt9Rm"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
AWAY = f"http://{KEY}@127.0.0.1:1/42"
ERRORS = {404: NotFoundError, 500: AppError, 503: ServiceUnavailableError}
# A bound on a hang, for a slow machine.
SLACK_SECONDS = 10


async def crash(value: str) -> None:
    secret = [value]
    raise RuntimeError(f"not {secret}") from KeyError(value)


def make_app(settings: Settings, dsn: str | None) -> FastAPI:
    secret = SecretStr(dsn) if dsn else None
    app = create_app(settings.model_copy(update={"sentry_dsn": secret}))

    @app.post("/crash/{name}")
    async def post_crash(
        name: str, x_crash: Annotated[str, Header()], _: Annotated[Principal, requires(TENANT_READ)]
    ) -> None:
        await crash(name + x_crash)

    @app.get("/behind")
    async def get_behind(background: BackgroundTasks) -> None:
        background.add_task(crash, CANARY)

    @app.get("/committed")
    async def get_committed(session: SessionDep) -> None:
        after_commit(session, lambda: crash(CANARY))

    @app.get("/raised/{status}")
    async def get_raised(status: int) -> None:
        raise ERRORS[status](CANARY)

    return app


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with sentry_endpoint() as endpoint:
        yield endpoint


@asynccontextmanager
async def service(settings: Settings, dsn: str | None) -> AsyncIterator[AsyncClient]:
    """What is not sent yet is sent when it ends."""
    async with running(make_app(settings, dsn)) as client:
        yield client


async def test_an_error_says_where_and_for_whom_and_nothing_that_was_sent(
    settings: Settings, owner: Account, sign_in: SignIn, endpoint: Endpoint
) -> None:
    async with service(settings, endpoint.dsn) as client:
        headers = sign_in(owner) | {
            "Cookie": f"session={CANARY}",
            "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01",
            "X-Crash": CANARY,
        }
        response = await client.post(f"/crash/{CANARY}", headers=headers, params={"q": CANARY})
        assert response.status_code == 500

    [event] = endpoint.events
    assert event["release"] == f"{project.SLUG}@{settings.version}"
    assert event["environment"] == settings.environment
    assert event["transaction"] == "/crash/{name}"
    assert event["contexts"]["trace"]["trace_id"] == TRACE_ID
    assert event["tags"] == {
        "platform": PLATFORM_VERSION,
        "request_id": response.json()["request_id"],
        "tenant": str(owner.tenant_id),
    }
    assert [each["type"] for each in event["exception"]["values"]] == ["KeyError", "RuntimeError"]
    assert [each["value"] for each in event["exception"]["values"]] == ["", ""]
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (frame["function"], "vars" in frame) == ("crash", False)
    assert "raise RuntimeError" in frame["context_line"]
    [sent] = endpoint.envelopes
    for secret in (CANARY, owner.email, str(owner.user_id), headers["Authorization"][-20:]):
        assert secret.encode() not in sent


@pytest.mark.parametrize(
    ("path", "status"), [("/behind", 200), ("/committed", 200), ("/raised/500", 500)]
)
async def test_each_error_that_nobody_handles_is_sent_once(
    settings: Settings, database: Database, endpoint: Endpoint, path: str, status: int
) -> None:
    async with service(settings, endpoint.dsn) as client:
        response = await client.get(path)
        assert response.status_code == status

    [event] = endpoint.events
    assert event["tags"]["request_id"] == response.headers["x-request-id"]
    assert CANARY.encode() not in endpoint.envelopes[0]


@pytest.mark.parametrize("path", ["/raised/404", "/raised/503", "/nowhere"])
async def test_a_response_that_was_meant_is_no_error(
    settings: Settings, endpoint: Endpoint, path: str
) -> None:
    async with service(settings, endpoint.dsn) as client:
        assert (await client.get(path)).status_code >= 400

    assert endpoint.events == []


@pytest.fixture
def level() -> Iterator[None]:
    yield
    set_level("INFO", of_libraries="INFO")


@pytest.mark.usefixtures("level")
async def test_lines_of_errors_are_sent_without_their_messages(endpoint: Endpoint) -> None:
    error = ValueError(CANARY)
    async with errors_sent(SecretStr(endpoint.dsn), "test", "1.0.0"):
        set_level("ERROR", of_libraries="INFO")
        logger.bind(order=CANARY).error(f"order {CANARY} failed")
        logger.bind(order=CANARY).warning("slow")
        logging.getLogger("library").error("no %s", CANARY)
        logging.getLogger("library").error("no %s", CANARY, exc_info=error)
        logging.getLogger("uvicorn.error").error("again", exc_info=error)

    assert [event["logger"] for event in endpoint.events] == [
        f"{__name__}.{test_lines_of_errors_are_sent_without_their_messages.__name__}",
        "library",
    ]
    assert endpoint.events[0]["message"] == f"Error in {endpoint.events[0]['logger']}"
    assert CANARY.encode() not in b"".join(endpoint.envelopes)


@contextmanager
def away() -> Iterator[str]:
    yield AWAY


@pytest.mark.parametrize("unreachable", [away, hanging_endpoint])
async def test_a_sentry_that_does_not_respond_holds_up_nothing(
    settings: Settings, unreachable: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with unreachable() as dsn:
        async with service(settings, dsn) as client:
            for _ in range(20):
                assert (await client.get("/raised/500")).status_code == 500
            ending = monotonic()

    assert monotonic() - ending < FLUSH_SECONDS + SLACK_SECONDS
    # Each error, and none that they could not be sent: that would be one more to send.
    assert capsys.readouterr().out.count("unhandled error") == 20


async def test_nothing_is_sent_without_a_dsn(settings: Settings, endpoint: Endpoint) -> None:
    async with service(settings, None) as client:
        assert (await client.get("/raised/500")).status_code == 500

    assert endpoint.envelopes == []
