"""A service behind Debian's nginx, which strips a prefix: ROOT_PATH names it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.faulty import wait_until
from tests.support.nginx import nginx
from tests.support.processes import EMAIL, PASSWORD, Process, app, prepare, serving
from tests.support.services import EVERYTHING, Services

# The one below is how the service's own paths begin.
PREFIXES = ["/shop", "/api", "/health", "/a/b-c"]
MOVED = """
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

router = APIRouter(prefix="/moves")


@router.get("")
async def get_moved(request: Request) -> RedirectResponse:
    return RedirectResponse(request.url_for("get_target", number="7"))


@router.get("/{number}")
async def get_target(request: Request, number: str) -> str:
    return f"{number} {request.url.path}"
"""


@dataclass
class Proxied:
    process: Process
    url: str
    prefix: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=headers)

    def sign_in(self, url: str) -> dict[str, str]:
        form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
        response = httpx.post(url, data=form)
        assert response.status_code == 200, response.text
        return {"Authorization": f"Bearer {response.json()['access_token']}"}


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with a route of the team's that names another one."""
    service = services.copied(EVERYTHING.answers, tmp_path_factory.mktemp("proxy") / "service")
    routers = service / "app/api/v1/__init__.py"
    (routers.parent / "moves.py").write_text(MOVED, encoding="utf-8")
    text = routers.read_text(encoding="utf-8").replace("import items", "import items, moves")
    routers.write_text(
        text.replace("items.router,", "items.router, moves.router,"), encoding="utf-8"
    )
    return service


@pytest.fixture(scope="module")
def database_url(service: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('database')}/data.db"
    prepare(service, EVERYTHING, {"DATABASE_URL": url})
    return url


@pytest.fixture(scope="module", params=PREFIXES)
def proxied(
    request: pytest.FixtureRequest,
    service: Path,
    database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxied]:
    prefix = str(request.param)
    log = tmp_path_factory.mktemp("log") / "log"
    given = {
        "DATABASE_URL": database_url,
        "ROOT_PATH": prefix,
        "TRUSTED_PROXIES": "127.0.0.1",
        "TRUSTED_HOSTS": "127.0.0.1",
    }
    with serving(service, log, app("serve"), **given) as process:
        port = process.client.base_url.port
        assert port
        with nginx(prefix, port) as url:
            yield Proxied(process, url, prefix)


def test_the_documentation_finds_its_files_and_its_schema(proxied: Proxied) -> None:
    page = proxied.get("/docs")
    files = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    found = {httpx.get(urljoin(str(page.url), name)).status_code for name in files}
    schema = httpx.get(urljoin(str(page.url), "openapi.json")).json()

    assert len(files) == 4
    assert found == {200}
    assert schema["servers"] == [{"url": proxied.prefix}]


def test_a_client_of_the_schema_signs_in_and_calls(proxied: Proxied) -> None:
    schema = proxied.get("/openapi.json").json()
    [scheme] = schema["components"]["securitySchemes"].values()
    headers = proxied.sign_in(urljoin(proxied.url, scheme["flows"]["password"]["tokenUrl"]))
    [path] = [path for path in schema["paths"] if path.endswith("/auth/me")]
    server = urljoin(proxied.url, schema["servers"][0]["url"])

    assert httpx.get(f"{server}{path}", headers=headers).json()["email"] == EMAIL


def test_the_link_to_the_next_page_leads_there(proxied: Proxied) -> None:
    headers = proxied.sign_in(f"{proxied.url}/api/v1/auth/token")
    for name in ("first", "second"):
        item = {"name": f"{name} {proxied.prefix}"}
        httpx.post(f"{proxied.url}/api/v1/items", headers=headers, json=item)
    page = proxied.get("/api/v1/items?limit=1", headers=headers)
    following = httpx.get(urljoin(str(page.url), page.links["next"]["url"]), headers=headers)

    assert following.status_code == 200
    assert following.json()["items"][0]["id"] != page.json()["items"][0]["id"]


def test_a_location_leads_there(proxied: Proxied) -> None:
    moved = proxied.get("/api/v1/moves")

    assert moved.status_code == 307
    assert moved.headers["location"] == f"{proxied.url}/api/v1/moves/7"
    followed = httpx.get(moved.headers["location"])
    assert followed.json() == f"7 {proxied.prefix}/api/v1/moves/7"


def test_paths_mean_to_the_edge_what_they_mean_without_a_proxy(proxied: Proxied) -> None:
    """Probes are exempt from limits, signing in has one of its own, and logs name the route."""
    assert "ratelimit" not in proxied.get("/health/live").headers
    by_address = proxied.process.client.get("/health/live", headers={"Host": "10.1.2.3"})
    assert (by_address.status_code, "ratelimit" in by_address.headers) == (200, False)
    assert '"sign-in"' in httpx.post(f"{proxied.url}/api/v1/auth/token").headers["ratelimit"]
    refused = proxied.get("/api/v1/items", headers={"X-Request-ID": "proxied-request"})
    wait_until(lambda: "proxied-request" in proxied.process.log.read_text())
    [line] = [
        line for line in proxied.process.log_lines() if line["request_id"] == "proxied-request"
    ]

    assert refused.status_code == 401
    assert line["client"] == "127.0.0.1"
    assert line["route"] == "/api/v1/items"
    metrics = proxied.process.client.get("/metrics").text
    assert 'http_requests_total{handler="/api/v1/items",method="GET",status="401"}' in metrics
