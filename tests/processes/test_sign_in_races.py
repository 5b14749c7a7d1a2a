"""Many requests at once, on two processes that share a PostgreSQL and a Redis."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.processes import EMAIL, PASSWORD, app, prepare, serving
from tests.support.servers import Postgres, Redis
from tests.support.services import EVERYTHING, Services

TOKEN = "/api/v1/auth/token"


@pytest.fixture
def clients(
    services: Services, postgres: Postgres, redis: Redis, tmp_path: Path
) -> Iterator[list[httpx.Client]]:
    """One client for each of two processes."""
    service = services.installed(EVERYTHING.answers)
    environment = {
        "DATABASE_URL": postgres.create_database(),
        "REDIS_URL": redis.empty_url(2),
        # It would refuse what the throttle is to see.
        "RATE_LIMIT_ENABLED": "false",
    }
    prepare(service, EVERYTHING, environment)
    with (
        serving(service, tmp_path / "first", app("serve"), **environment) as first,
        serving(service, tmp_path / "second", app("serve"), **environment) as second,
    ):
        yield [first.client, second.client]


def at_once(
    clients: list[httpx.Client], number: int, ask: Callable[[httpx.Client], httpx.Response]
) -> list[httpx.Response]:
    """Send that many requests together, to each process in turn."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(ask, (clients[turn % len(clients)] for turn in range(number))))


def sign_in(client: httpx.Client, password: str) -> httpx.Response:
    form = {"grant_type": "password", "username": EMAIL, "password": password}
    return client.post(TOKEN, data=form)


def refresh(client: httpx.Client, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return client.post(TOKEN, data=form)


def test_fifty_wrong_sign_ins_do_not_pass_the_throttle(clients: list[httpx.Client]) -> None:
    responses = at_once(clients, 50, lambda client: sign_in(client, "wrong"))

    assert Counter(response.status_code for response in responses) == {400: 5, 429: 45}
    # Not even the right password is looked at now.
    assert sign_in(clients[0], PASSWORD).status_code == 429


def test_twenty_refreshes_leave_one_family_alive(clients: list[httpx.Client]) -> None:
    token = sign_in(clients[0], PASSWORD).json()["refresh_token"]
    responses = at_once(clients, 20, lambda client: refresh(client, token))

    assert {response.status_code for response in responses} == {200}
    [successor] = {response.json()["refresh_token"] for response in responses}
    assert refresh(clients[1], successor).status_code == 200


def test_a_logout_counts_in_every_process(clients: list[httpx.Client]) -> None:
    granted = sign_in(clients[0], PASSWORD).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}

    assert clients[1].get("/api/v1/auth/me", headers=headers).status_code == 200
    assert clients[0].post("/api/v1/auth/logout", headers=headers).status_code == 204
    assert clients[1].get("/api/v1/auth/me", headers=headers).status_code == 401
    assert refresh(clients[1], granted["refresh_token"]).status_code == 400


def test_signing_in_right_after_registering_works(clients: list[httpx.Client]) -> None:
    """At the other process, and before the mail has gone out."""
    first, second = clients
    for number in range(8):
        email = f"new-{number}@example.com"
        account = {"email": email, "password": PASSWORD}
        assert first.post("/api/v1/auth/register", json=account).status_code == 202
        form = {"grant_type": "password", "username": email, "password": PASSWORD}
        assert second.post(TOKEN, data=form).status_code == 200


def test_one_address_is_registered_once(clients: list[httpx.Client]) -> None:
    account = {"email": "new@example.com", "password": PASSWORD}
    responses = at_once(
        clients, 10, lambda client: client.post("/api/v1/auth/register", json=account)
    )

    assert {response.status_code for response in responses} <= {202, 503}
    form = {"grant_type": "password", "username": "new@example.com", "password": PASSWORD}
    assert clients[0].post(TOKEN, data=form).status_code == 200
