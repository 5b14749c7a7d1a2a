import re

import pytest
from httpx2 import AsyncClient

from app.core.config import Settings
from app.main import create_app
from tests.support import running


async def test_the_page_and_all_that_it_loads_come_from_here(client: AsyncClient) -> None:
    page = await client.get("/docs")

    assert page.status_code == 200
    assert "img-src 'self' data:" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for path in loaded:
        assert (await client.get(f"/{path}")).status_code == 200


@pytest.mark.parametrize("name", ["LICENSE", "..%2Fmain.py", "nope.js"])
async def test_only_the_files_of_the_page_are_served(client: AsyncClient, name: str) -> None:
    assert (await client.get(f"/docs/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/docs/initialize.js"])
async def test_the_documentation_can_be_switched_off(settings: Settings, path: str) -> None:
    off = settings.model_copy(update={"docs_enabled": False})

    async with running(create_app(off)) as client:
        assert (await client.get(path)).status_code == 404
