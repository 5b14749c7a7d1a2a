"""/docs in a real browser: it works under its policy, and asks no other host for anything."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.support.attacked import make_ready
from tests.support.nginx import nginx
from tests.support.optional_servers import program_of
from tests.support.processes import EMAIL, PASSWORD, app, serving
from tests.support.rendering import ROOT
from tests.support.services import NOTHING, Services

PICTURE = ROOT / "docs" / "api-docs.png"
HOST = "docs.example"
# No sandbox for root, and nothing that a browser asks of its makers by itself.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Swagger UI is more careful on a local address than elsewhere.
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
]
MILLISECONDS = 30_000


@dataclass
class Seen:
    """What a page did, from its first byte on."""

    requested: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requested.add(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


@pytest.fixture(scope="session")
def browser() -> str:
    return program_of("Chromium")


@pytest.fixture(params=["", "/shop"], ids=["direct", "behind a proxy"])
def url(services: Services, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a browser finds the service."""
    service = services.installed(NOTHING.answers)
    environment = make_ready(service, NOTHING, tmp_path, request)
    given = environment | {"ROOT_PATH": request.param} if request.param else environment
    with ExitStack() as stack:
        process = stack.enter_context(serving(service, tmp_path / "log", app("serve"), **given))
        port = process.client.base_url.port
        assert port
        found = f"http://127.0.0.1:{port}"
        if request.param:
            found = stack.enter_context(nginx(request.param, port))
        yield found.replace("127.0.0.1", HOST)


@pytest.fixture
def page(browser: str, url: str) -> Iterator[Page]:
    # As if it were https, without which some of our headers mean nothing.
    origin = "/".join(url.split("/")[:3])
    flags = [*FLAGS, f"--unsafely-treat-insecure-origin-as-secure={origin}"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=flags) as chromium,
    ):
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(MILLISECONDS)
        yield page


def test_a_person_signs_in_and_tries_an_operation(page: Page, url: str) -> None:
    seen = Seen()
    seen.watch(page)
    opened = page.goto(f"{url}/docs")
    assert opened
    assert opened.headers["content-security-policy"] == "default-src 'self'; img-src 'self' data:"

    authorize(page)
    take_picture(page)
    execute(page, "create_item", '{"name": "Lamp"}', "201")
    execute(page, "get_me", None, "200")
    expect(operation(page, "get_me").locator(".live-responses-table")).to_contain_text(EMAIL)

    assert seen.complaints == []
    assert {urlsplit(url).hostname for url in seen.requested} <= {HOST, None}


def authorize(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.get_by_label("username").fill(EMAIL)
    dialog.get_by_label("password", exact=False).first.fill(PASSWORD)
    dialog.locator("button.authorize").click()
    expect(dialog.get_by_text("Logout")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()


def execute(page: Page, name: str, body: str | None, status: str) -> None:
    opened = operation(page, name)
    opened.locator(".opblock-summary-control").click()
    opened.get_by_role("button", name="Try it out").click()
    if body:
        opened.locator("textarea").fill(body)
    opened.get_by_role("button", name="Execute").click()
    response = opened.locator(".live-responses-table tr.response .response-col_status")
    expect(response).to_contain_text(status)


def operation(page: Page, name: str) -> Locator:
    return page.locator(f".opblock[id$='-{name}']")


def take_picture(page: Page) -> None:
    """Renew the picture of the documentation: `make picture` asks for it."""
    if os.environ.get("GROUNDWORK_PICTURE"):
        page.screenshot(path=PICTURE)


def test_the_picture_is_small() -> None:
    assert PICTURE.stat().st_size < 200_000
