"""How often each endpoint waits for a server: time that no faster machine gives back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support.counting_proxy import CountingProxy, counting
from tests.support.processes import EMAIL, PASSWORD, app, prepare, serving, sign_in
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services


class RoundTrips(NamedTuple):
    sql: int
    redis: int


# A caller's request waits for BEGIN, for who the caller is, for what it is about, and for COMMIT.
# Whatever it waits for besides has to be worth it: nothing is read again after it was written. What
# reads nothing but the caller waits for no transaction.
# Signing in reads before its transaction: it holds no connection while the password is hashed.
# Redis is asked once for every request, by the rate limit.
EXPECTED = {
    "POST /api/v1/auth/token": RoundTrips(sql=6, redis=4),
    "GET /api/v1/auth/me": RoundTrips(sql=1, redis=1),
    "GET /api/v1/items": RoundTrips(sql=4, redis=1),
    "POST /api/v1/items": RoundTrips(sql=4, redis=1),
    "GET /api/v1/items/{id}": RoundTrips(sql=4, redis=1),
    "PATCH /api/v1/items/{id}": RoundTrips(sql=5, redis=1),
    "DELETE /api/v1/items/{id}": RoundTrips(sql=5, redis=1),
    "GET /api/v1/tenant/stats": RoundTrips(sql=3, redis=2),
}
SENT: dict[str, dict[str, Any]] = {
    "POST /api/v1/auth/token": {
        "data": {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    },
    "POST /api/v1/items": {"json": {"name": "Lamp"}},
    "PATCH /api/v1/items/{id}": {"json": {"description": "For the desk"}},
}


class Counted(NamedTuple):
    """A service whose caller is signed in, and what stands between it and its servers."""

    client: httpx.Client
    sql: CountingProxy
    redis: CountingProxy

    def ask_each(self) -> dict[str, RoundTrips]:
        """Ask every endpoint in turn, naming the item that was made last."""
        found, made = {}, ""
        for endpoint in EXPECTED:
            method, path = endpoint.replace("{id}", made).split()
            before = self.sql.round_trips, self.redis.round_trips
            response = self.client.request(method, path, **SENT.get(endpoint, {}))
            response.raise_for_status()
            after = self.sql.round_trips, self.redis.round_trips
            found[endpoint] = RoundTrips(after[0] - before[0], after[1] - before[1])
            made = response.json()["id"] if response.status_code == 201 else made
        return found


@pytest.fixture
def counted(
    services: Services, postgres: Postgres, redis: Redis, tmp_path: Path
) -> Iterator[Counted]:
    service = services.installed(EVERYTHING.answers)
    with counting(postgres.create_database()) as sql, counting(redis.empty_url(2)) as cache:
        servers = {"DATABASE_URL": sql.url, "DATABASE_POOL_SIZE": "1", "REDIS_URL": cache.url}
        prepare(service, EVERYTHING, servers)
        with serving(service, tmp_path / "log", app("serve"), **servers) as process:
            process.client.headers.update(sign_in(process.client))
            yield Counted(process.client, sql, cache)


def test_a_key_costs_its_lock_what_it_had_and_what_it_keeps(counted: Counted) -> None:
    for number in range(2):  # the first one prepares the statements
        before = counted.sql.round_trips
        counted.client.post(
            "/api/v1/items",
            json={"name": f"Desk {number}"},
            headers={"Idempotency-Key": str(number)},
        ).raise_for_status()
        cost = counted.sql.round_trips - before

    assert cost == EXPECTED["POST /api/v1/items"].sql + 3


def test_round_trips_of_each_endpoint_are_bounded(counted: Counted) -> None:
    counted.ask_each()  # opens the one connection of the pool, and prepares its statements

    assert counted.ask_each() == EXPECTED
