"""However many requests a service is sent, and whatever they are, its time series are numbered."""

import random
import string
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import Process, app, prepare, serving, sign_in
from tests.support.servers import Redis
from tests.support.services import EVERYTHING, Services

Request = tuple[str, str, dict[str, str]]
REQUESTS = 5000
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# It grows with routes, and not with requests.
MOST_SERIES = 5000


@pytest.fixture
def process(services: Services, redis: Redis, tmp_path: Path) -> Iterator[Process]:
    """A service that has enough of them half-way."""
    service = services.installed(EVERYTHING.answers)
    given = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
        "REDIS_URL": redis.empty_url(1),
        "RATE_LIMIT_REQUESTS": str(REQUESTS // 4),
        "RATE_LIMIT_WINDOW_SECONDS": "3600",
        "LOG_LEVEL": "WARNING",
    }
    prepare(service, EVERYTHING, given)
    with serving(service, tmp_path / "log", app("serve"), **given) as process:
        yield process


def test_five_thousand_requests_at_random_make_a_bounded_number_of_series(process: Process) -> None:
    chance = random.Random(14)  # noqa: S311 - the same ones in each run
    routes = list(process.client.get("/openapi.json").json()["paths"])
    headers = sign_in(process.client)
    words = [make_word(chance) for _ in range(REQUESTS)]
    send_all(
        process.client.base_url, [make_request(chance, word, routes, headers) for word in words]
    )
    text = process.client.get("/metrics").text
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]

    assert {200, 404, 405, 429} <= {int(sample.labels.get("status", 0)) for sample in samples}
    assert {sample.labels.get("method", "GET") for sample in samples} <= {*METHODS}
    assert 500 < len(samples) < MOST_SERIES, len(samples)
    assert [word for word in words if word in text.lower()] == []


def make_word(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=12))


def make_request(
    chance: random.Random, word: str, routes: list[str], headers: dict[str, str]
) -> Request:
    """Make up a request: of a route with ids at random, of one that there nearly is, or of none."""
    name = chance.choice([word, str(UUID(int=chance.getrandbits(128)))])
    path = chance.choice(routes)
    path = "/".join(name if part.startswith("{") else part for part in path.split("/"))
    path = chance.choice([path, path, f"{path}/{word}", f"{path}/", f"/{word}", f"{path}?{word}=1"])
    method = chance.choice([*METHODS, "TRACE", "CONNECT", word.upper(), word])
    own = {"X-Request-ID": word, "Origin": f"https://{word}.example", "User-Agent": word}
    return method, path, own | chance.choice([{}, headers])


def send_all(url: httpx.URL, requests: list[Request]) -> None:
    """Send them on as few connections as the service lets us."""
    connection = HTTPConnection(url.host, url.port or 80, timeout=60)
    for method, path, headers in requests:
        connection.request(method, path, headers=headers)
        connection.getresponse().read()
    connection.close()
