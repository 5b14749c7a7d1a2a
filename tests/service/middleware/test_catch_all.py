import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from starlette.responses import StreamingResponse

from app.core.config import Settings
from app.main import create_app


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)

    @app.get("/broken")
    async def get_broken() -> None:
        raise RuntimeError("the secret")

    @app.get("/half")
    async def get_half() -> StreamingResponse:
        async def stream() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("the secret")

        return StreamingResponse(stream())

    return app


async def test_an_error_has_one_response_and_one_log_line(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await client.get("/broken")

    assert response.status_code == 500
    assert "secret" not in response.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [logged] = [line for line in lines if "exception" in line]
    assert logged["request_id"] == response.json()["request_id"]
    assert "RuntimeError: the secret" in logged["exception"]


async def test_the_response_to_an_error_has_every_header(client: AsyncClient) -> None:
    response = await client.get("/broken")

    assert response.headers["x-request-id"]
    assert response.headers["content-security-policy"]


async def test_half_a_response_is_not_completed(client: AsyncClient) -> None:
    response = await client.get("/half")

    assert response.status_code == 200
    assert response.text == "half"
