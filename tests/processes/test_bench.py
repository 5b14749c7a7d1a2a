"""What `make bench` compares does the same work: it is measured elsewhere how fast."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks import client
from benchmarks.assembling import Assembly
from benchmarks.endpoints import ENDPOINTS, STRANGERS, Endpoint
from benchmarks.load import Load
from benchmarks.measuring import exhaust, make_chain, server_of
from benchmarks.targets import BENCHMARKS, Target
from tests.support.own_postgres import own_postgres
from tests.support.rendering import run
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

ROWS = 200
HASHES = """
import asyncio
from app.core.security import PasswordHasher
from bare.identity import hasher
password = "correct horse battery staple"
print(asyncio.run(PasswordHasher(1).hash(password)), hasher.hash(password))
"""


@pytest.fixture
def targets(services: Services, redis: Redis, tmp_path: Path) -> Iterator[list[Target]]:
    service = services.installed(EVERYTHING.answers)
    with ExitStack() as stack:
        # Filling tables takes a superuser.
        postgres = Postgres(stack.enter_context(own_postgres()).url)
        assembly = Assembly(stack, postgres, redis, tmp_path, None, ROWS)
        yield [assembly.bare(service), assembly.service("redis", service, 0)]


def drive(target: Target, endpoint: Endpoint) -> int:
    """Send a request at least, and return how many did not get what they should."""
    server = server_of(target, endpoint)
    if server is None:
        return 0
    if endpoint.refused:
        exhaust(server, endpoint)
    values = {"token": server.sign_in()["access_token"], "deep": target.deep}
    chain = make_chain(server, endpoint)
    outcome = client.drive(Load(server.url, endpoint, values, endpoint.key, 0, chain))
    assert outcome.requests > 0
    return outcome.failed


def test_every_endpoint_responds_as_it_should(targets: list[Target]) -> None:
    endpoints = [*ENDPOINTS.values(), STRANGERS]
    failed = {
        (target.name, endpoint.key): drive(target, endpoint)
        for target in targets
        for endpoint in endpoints
    }

    assert {key: number for key, number in failed.items() if number} == {}
    check_lists(targets)


def check_lists(targets: list[Target]) -> None:
    """Both have all rows, and say the same of each."""
    bare, service = (target.server.list_items() for target in targets)
    names = [[item["name"] for item in page["items"]] for page in (bare, service)]

    assert names[0] == names[1] == [f"Row {number}" for number in range(50)]
    assert bare["items"][0].keys() == service["items"][0].keys()


def test_both_hash_with_the_same_parameters(services: Services) -> None:
    given = {
        "PYTHONPATH": str(BENCHMARKS),
        "JWT_SECRET": "-",
        "DATABASE_URL": "sqlite+aiosqlite://",
    }
    said = run(services.installed(EVERYTHING.answers), ".venv/bin/python", "-c", HASHES, **given)
    ours, bare = (each.rpartition("$")[0].rpartition("$")[0] for each in said.split())

    assert ours == bare == "$argon2id$v=19$m=19456,t=2,p=1"
