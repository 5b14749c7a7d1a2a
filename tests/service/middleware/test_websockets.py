"""Handshakes of websockets meet the edge that requests meet, and errors end in a close code."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket

from app.core.config import Settings
from app.main import create_app
from service.support.websockets import connecting

MakeApp = Callable[..., FastAPI]


@pytest.fixture
def make_app(settings: Settings) -> MakeApp:
    def make(**changes: Any) -> FastAPI:
        app = create_app(settings.model_copy(update={"websockets_enabled": True, **changes}))

        @app.websocket("/open")
        async def open_it(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.receive_text()

        @app.websocket("/broken")
        async def break_it(websocket: WebSocket) -> None:
            await websocket.accept()
            raise RuntimeError("a secret of the server")

        @app.websocket("/broken/early")
        async def break_early(websocket: WebSocket) -> None:
            raise RuntimeError("a secret of the server")

        return app

    return make


async def handshake(app: FastAPI, path: str = "/open", **headers: str) -> Any:
    """Returns 101, or the status of the response in its place."""
    async with connecting(app, path, headers) as socket:
        message = await socket.next()
    return 101 if message["type"] == "websocket.accept" else message["status"]


async def test_websockets_are_off_by_default(make_app: MakeApp) -> None:
    assert await handshake(make_app(websockets_enabled=False)) == 403
    assert await handshake(make_app()) == 101


async def test_handshakes_are_counted_by_the_rate_limit(make_app: MakeApp) -> None:
    app = make_app(rate_limit_enabled=True, rate_limit_requests=1)
    async with connecting(app, "/open") as socket:
        assert (await socket.next())["type"] == "websocket.accept"
        refused = await socket.another("/open")

        assert (await refused.next())["status"] == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Long": "x" * 40_000}, 431),
        ({"Host": "other.test"}, 400),
    ],
)
async def test_handshakes_are_refused_like_requests(
    make_app: MakeApp, headers: dict[str, str], status: int
) -> None:
    app = make_app(trusted_hosts=("service.test",))

    assert await handshake(app, **headers) == status


async def test_a_handshake_is_logged_without_its_query(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    await handshake(make_app(), "/open")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line.get("event") == "access"]
    assert (line["path"], line["status"]) == ("/open", 101)
    assert line["request_id"]


async def test_an_error_closes_with_a_code_and_no_reason(make_app: MakeApp) -> None:
    async with connecting(make_app(), "/broken") as socket:
        await socket.next()

        assert await socket.next() == {"type": "websocket.close", "code": 1011}


async def test_an_error_before_the_handshake_is_a_problem(make_app: MakeApp) -> None:
    assert await handshake(make_app(), "/broken/early") == 500


async def test_a_client_that_leaves_is_no_error(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await handshake(make_app()) == 101

    assert "unhandled error" not in capsys.readouterr().out
