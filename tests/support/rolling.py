"""What one release of a service makes, used with another.

Each check takes a client of the maker and one of the user, and what the maker has signed in with.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex
from threading import Event, Thread
from typing import Any

import httpx

from tests.support.processes import EMAIL, PASSWORD

TOKEN, ITEMS, STATS = "/api/v1/auth/token", "/api/v1/items", "/api/v1/tenant/stats"
# What load consists of.
KINDS = ("create", "change", "list", "me", "stats", "register", "delete")

# Between the turns of a load: all processes and the test share two cores.
PAUSE_SECONDS = 0.05

Statuses = Counter[tuple[str, int]]
Check = Callable[[httpx.Client, httpx.Client, dict[str, str]], None]


def tokens(client: httpx.Client, **form: str) -> dict[str, str]:
    response = client.post(TOKEN, data=form or sign_in_form())
    assert response.status_code == 200, response.text
    pair: dict[str, str] = response.json()
    return pair


def sign_in_form(password: str = PASSWORD, email: str = EMAIL) -> dict[str, str]:
    return {"grant_type": "password", "username": email, "password": password}


def bearer(pair: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['access_token']}"}


def create(client: httpx.Client, headers: dict[str, str], name: str = "") -> httpx.Response:
    return client.post(ITEMS, headers=headers, json={"name": name or token_hex(16)})


def send_one_of_each(client: httpx.Client, headers: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the kind and the status of each request, in the order of KINDS."""
    headers = headers | from_anywhere()
    created = create(client, headers | {"Idempotency-Key": token_hex(16)})
    yield "create", created.status_code
    item = f"{ITEMS}/{created.json().get('id')}"
    for kind, method, path, body in (
        ("change", "PATCH", item, {"description": "Changed"}),
        ("list", "GET", f"{ITEMS}?limit=5", None),
        ("me", "GET", "/api/v1/auth/me", None),
        ("stats", "GET", STATS, None),
        ("register", "POST", "/api/v1/auth/register", new_account()),
        ("delete", "DELETE", item, None),
    ):
        yield kind, client.request(method, path, headers=headers, json=body).status_code


@contextmanager
def loaded(client: httpx.Client, seen: Statuses) -> Iterator[None]:
    """Send requests until the block ends, and let the last one end; count what comes back."""
    ended, headers = Event(), bearer(tokens(client))

    def send() -> None:
        while not ended.is_set():
            seen.update(send_one_of_each(client, headers))
            ended.wait(PAUSE_SECONDS)

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def failures(seen: Statuses) -> list[tuple[str, int]]:
    return [(kind, status) for kind, status in seen if status >= 400]


def new_account() -> dict[str, str]:
    return {"email": f"{token_hex(8)}@example.com", "password": token_hex(16)}


def check_tokens(maker: httpx.Client, user: httpx.Client, _: dict[str, str]) -> None:
    headers = bearer(tokens(maker))
    assert user.get("/api/v1/auth/me", headers=headers).json()["email"] == EMAIL
    assert user.post("/api/v1/auth/logout", headers=headers).status_code == 204
    assert maker.get("/api/v1/auth/me", headers=headers).status_code == 401


def check_refresh_families(maker: httpx.Client, user: httpx.Client, _: dict[str, str]) -> None:
    """Each rotation is by the other one, and reuse ends what both have issued."""
    first = tokens(maker)
    second = refresh(user, first)
    third = refresh(maker, second)
    reused = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert user.post(TOKEN, data=reused).json()["error"] == "invalid_grant"
    assert maker.get("/api/v1/auth/me", headers=bearer(third)).status_code == 401


def refresh(client: httpx.Client, pair: dict[str, str]) -> dict[str, str]:
    return tokens(client, grant_type="refresh_token", refresh_token=pair["refresh_token"])


def check_cursors(maker: httpx.Client, user: httpx.Client, headers: dict[str, str]) -> None:
    name = token_hex(8)
    made = [create(maker, headers, f"{name} {number}").json()["id"] for number in range(3)]
    query: dict[str, Any] = {"name": name, "limit": 1, "sort": "name"}
    read = []
    for client in (maker, user, maker):
        page = client.get(ITEMS, headers=headers, params=query).json()
        read += [item["id"] for item in page["items"]]
        query["after"] = page["next"]
    assert read == made


def check_versions(maker: httpx.Client, user: httpx.Client, headers: dict[str, str]) -> None:
    item = create(maker, headers).json()
    expected = [(user, 200), (maker, 412)]
    for client, status in expected:
        given = headers | {"If-Match": f'"{item["etag"]}"'}
        changed = client.patch(
            f"{ITEMS}/{item['id']}", headers=given, json={"description": "Changed"}
        )
        assert changed.status_code == status, changed.text


def check_cache_entries(maker: httpx.Client, user: httpx.Client, headers: dict[str, str]) -> None:
    members = [client.get(STATS, headers=headers).json()["members"] for client in (maker, user)]
    assert members == [{"owner": 1}] * 2


def check_idempotency_keys(
    maker: httpx.Client, user: httpx.Client, headers: dict[str, str]
) -> None:
    given, name = headers | {"Idempotency-Key": token_hex(16)}, token_hex(16)
    first, second = create(maker, given, name), create(user, given, name)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"


def check_limits(maker: httpx.Client, user: httpx.Client, _: dict[str, str]) -> None:
    address = from_anywhere()
    responses = [client.get(ITEMS, headers=address) for client in (maker, user, maker)]
    left = [int(each.headers["RateLimit"].partition("r=")[2].split(";")[0]) for each in responses]
    assert left == [left[0] - used for used in range(3)]


def from_anywhere() -> dict[str, str]:
    """Return the header of a proxy, for a client of its own for every limit by address."""
    return {"X-Forwarded-For": f"2001:db8:{token_hex(2)}:{token_hex(2)}::1"}


def check_throttles(maker: httpx.Client, user: httpx.Client, _: dict[str, str]) -> None:
    """Wrong passwords count for an account wherever they are tried."""
    form = sign_in_form("wrong", f"{token_hex(8)}@example.com")
    statuses = [client.post(TOKEN, data=form).status_code for client in (maker, user) * 4]
    assert statuses == [400] * 5 + [429] * 3


CHECKS: list[Check] = [
    check_tokens,
    check_refresh_families,
    check_cursors,
    check_versions,
    check_cache_entries,
    check_idempotency_keys,
    check_limits,
    check_throttles,
]
