"""Limits of real processes: exact in all of them together, and no harm when Redis is away."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.support.faulty_redis import FaultyRedis
from tests.support.processes import Process, app, prepare, serving
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services
from tests.support.suites import attack

# Without a token the response is 401, and the limit has counted.
ITEMS = "/api/v1/items"
LIMIT = 5
FLAPS = 10
# The service's own constants.
MAX_CONNECTIONS = 20
BREAKER_SECONDS = 2
# Both only end a hang: a request waits 0.2 s for Redis, and Redis is tried again after 2 s.
PATIENT_SECONDS = 5
RECOVERY_SECONDS = 15

Start = Callable[..., Process]


@pytest.fixture(scope="module")
def service(services: Services) -> Path:
    return services.installed(EVERYTHING.answers)


@pytest.fixture(scope="module")
def database_url(service: Path, postgres: Postgres) -> str:
    url = postgres.create_database()
    prepare(service, EVERYTHING, {"DATABASE_URL": url})
    return url


@pytest.fixture
def start(service: Path, database_url: str, tmp_path: Path) -> Iterator[Start]:
    """A function that starts a process of the service, which ends with the test."""
    with ExitStack() as started:

        def start_process(name: str = "log", **environment: str) -> Process:
            given = {"DATABASE_URL": database_url, "RATE_LIMIT_REQUESTS": str(LIMIT)}
            return started.enter_context(
                serving(service, tmp_path / name, app("serve"), **given | environment)
            )

        yield start_process


@pytest.fixture
def faulty_redis() -> Iterator[FaultyRedis]:
    redis = FaultyRedis()
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture
def process(start: Start, faulty_redis: FaultyRedis) -> Process:
    """A service behind a proxy, which is this test: it says who the client is."""
    return start(REDIS_URL=faulty_redis.url, TRUSTED_PROXIES="127.0.0.1")


def test_limits_are_exact_by_clocks_that_are_moved(service: Path, redis: Redis) -> None:
    plugin = ("-p", "service.cache.conftest")
    results = attack(service, "rates", *plugin, TEST_REDIS_URL=redis.empty_url(3))

    assert (results.passed > 35, results.skipped) == (True, 0)


@dataclass(frozen=True)
class Response:
    status: int
    remaining: int | None


async def ask_at_once(processes: list[Process], number: int) -> list[Response]:
    """Send that many requests together, to each process in turn, on connections that are open."""
    urls = [process.client.base_url for process in processes]
    places = [urls[turn % len(urls)] for turn in range(number)]
    opened = [await asyncio.open_connection(place.host, place.port) for place in places]
    head = f"GET {ITEMS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for _, writer in opened:
        writer.write(head.encode())
    texts = await asyncio.gather(*(reader.read() for reader, _ in opened))
    for _, writer in opened:
        writer.close()
    return [read_response(text.decode()) for text in texts]


def read_response(text: str) -> Response:
    remaining = re.search(r"^ratelimit: .*;r=(\d+)", text, re.MULTILINE | re.IGNORECASE)
    return Response(int(text.split()[1]), int(remaining[1]) if remaining else None)


def test_of_two_hundred_at_once_two_processes_let_exactly_the_limit_through(
    start: Start, redis: Redis
) -> None:
    # However busy the machine is, Redis is not taken to be away.
    given = {"REDIS_URL": redis.empty_url(2), "REDIS_TIMEOUT": "30", "RATE_LIMIT_REQUESTS": "100"}
    processes = [start(name, **given) for name in ("first", "second")]
    responses = asyncio.run(ask_at_once(processes, 200))

    assert Counter(response.status for response in responses) == {401: 100, 429: 100}
    passed = [response.remaining for response in responses if response.status == 401]
    assert sorted(passed, key=str) == sorted(range(100), key=str)


def count_statuses(client: httpx.Client, address: str, times: int = 1) -> Counter[int]:
    headers = {"X-Forwarded-For": address}
    return Counter(client.get(ITEMS, headers=headers).status_code for _ in range(times))


def test_addresses_claimed_by_clients_are_ignored(start: Start) -> None:
    process = start()
    statuses: Counter[int] = Counter()
    for number in range(4 * LIMIT):
        address = f"192.0.2.{number}"
        headers = {
            "X-Forwarded-For": address,
            "X-Real-IP": address,
            "Forwarded": f"for={address}",
            "True-Client-IP": address,
        }
        statuses[process.client.get(ITEMS, headers=headers).status_code] += 1

    assert statuses == {401: LIMIT, 429: 3 * LIMIT}
    clients = {line["client"] for line in process.log_lines() if line.get("event") == "access"}
    assert clients == {"127.0.0.1"}


def test_addresses_made_up_before_the_proxys_are_ignored(start: Start) -> None:
    process = start(TRUSTED_PROXIES="127.0.0.1")
    statuses = sum(
        (
            count_statuses(process.client, f"192.0.2.{number}, 198.51.100.1")
            for number in range(4 * LIMIT)
        ),
        Counter[int](),
    )

    assert statuses == {401: LIMIT, 429: 3 * LIMIT}
    assert count_statuses(process.client, "198.51.100.2") == {401: 1}


def is_limited(process: Process, address: str) -> bool:
    """Tell whether exactly the limit passes."""
    return count_statuses(process.client, address, LIMIT + 2) == {401: LIMIT, 429: 2}


def wait_until_limited(process: Process) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    headers = {"X-Forwarded-For": "192.0.2.250"}
    while "RateLimit" not in process.client.get(ITEMS, headers=headers).headers:
        assert time.monotonic() < deadline, "Redis is back, and is not tried"
        time.sleep(0.1)


def count_timeouts(process: Process) -> int:
    """Count the commands that Redis did not complete in time."""
    said = "redis is unavailable, going on without it"
    return [line["message"] for line in process.log_lines()].count(said)


def test_without_redis_every_request_passes_and_with_it_the_limit_holds_again(
    process: Process, faulty_redis: FaultyRedis
) -> None:
    assert is_limited(process, "192.0.2.1")

    faulty_redis.stop()
    assert count_statuses(process.client, "192.0.2.2", 10 * LIMIT) == {401: 10 * LIMIT}
    assert process.client.get("/health/ready").status_code == 200

    faulty_redis.start()
    wait_until_limited(process)
    assert is_limited(process, "192.0.2.3")


def test_a_redis_that_hangs_is_asked_once_in_a_while_and_not_by_everybody(
    process: Process, faulty_redis: FaultyRedis
) -> None:
    assert is_limited(process, "192.0.2.1")

    process.client.timeout = httpx.Timeout(PATIENT_SECONDS)
    began = time.monotonic()
    with faulty_redis.paused():
        assert count_statuses(process.client, "192.0.2.2", 60 * LIMIT) == {401: 60 * LIMIT}
        periods = (time.monotonic() - began) / BREAKER_SECONDS
        assert 1 <= count_timeouts(process) <= 2 + periods

    wait_until_limited(process)
    assert is_limited(process, "192.0.2.3")


def test_many_who_ask_a_hanging_redis_at_once_do_not_wait_for_each_other(
    process: Process, faulty_redis: FaultyRedis
) -> None:
    with faulty_redis.paused():
        responses = asyncio.run(
            asyncio.wait_for(ask_at_once([process], 5 * MAX_CONNECTIONS), PATIENT_SECONDS)
        )

    assert Counter(responses) == {Response(401, None): 5 * MAX_CONNECTIONS}


def test_a_redis_that_comes_and_goes_leaves_nothing_behind(
    process: Process, faulty_redis: FaultyRedis
) -> None:
    statuses: Counter[int] = Counter()
    is_over = Event()

    def keep_requesting() -> None:
        with httpx.Client(base_url=process.client.base_url, timeout=PATIENT_SECONDS) as client:
            while not is_over.wait(0.01):
                statuses.update(count_statuses(client, f"192.0.2.{statuses.total() % 200}"))

    requesting = [Thread(target=keep_requesting) for _ in range(4)]
    for thread in requesting:
        thread.start()
    for _ in range(FLAPS):
        with faulty_redis.paused():
            time.sleep(0.3)
        faulty_redis.stop()
        faulty_redis.start()
    is_over.set()
    for thread in requesting:
        thread.join()

    assert statuses.total() > FLAPS
    assert statuses.keys() <= {401, 429}
    wait_until_limited(process)
    # Had connections got lost, there would be too few for so many questions.
    responses = asyncio.run(ask_at_once([process], 5 * MAX_CONNECTIONS))
    assert None not in {response.remaining for response in responses}
    assert faulty_redis.count_clients() <= MAX_CONNECTIONS
