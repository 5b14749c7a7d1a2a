import re
from hashlib import sha256
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running

FILES = Path("app") / "static" / "swagger-ui"


async def test_the_page_and_all_that_it_loads_come_from_here(client: AsyncClient) -> None:
    page = await client.get("/docs")

    assert page.status_code == 200
    assert "img-src 'self' data:" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for path in loaded:
        assert (await client.get(f"/{path}")).status_code == 200


async def test_a_browser_asks_again_for_what_it_has_and_gets_nothing(client: AsyncClient) -> None:
    first = await client.get("/docs/swagger-ui.css")
    again = await client.get(
        "/docs/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]}
    )

    assert first.headers["cache-control"] == "public, max-age=86400"
    assert (again.status_code, again.content) == (304, b"")


def test_vendored_files_are_as_released() -> None:
    lines = (FILES / "SHA256SUMS").read_text().splitlines()
    recorded = [line.split("  ") for line in lines if not line.startswith("#")]

    assert len(recorded) == 6
    for digest, name in recorded:
        assert sha256((FILES / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", ["LICENSE", "..%2Fmain.py", "nope.js"])
async def test_only_the_files_of_the_page_are_served(client: AsyncClient, name: str) -> None:
    assert (await client.get(f"/docs/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/docs/initialize.js"])
async def test_the_documentation_can_be_switched_off(settings: Settings, path: str) -> None:
    off = settings.model_copy(update={"docs_enabled": False})

    async with running(create_app(off)) as client:
        assert (await client.get(path)).status_code == 404
