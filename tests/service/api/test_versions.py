"""ETag and If-Match, on the tenant: every versioned resource takes them the same way."""

import asyncio
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response

from app.core.config import Settings
from app.db.session import Database
from app.main import create_app
from service.support.audited import read_events
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]
TENANT = "/api/v1/tenant"
WRITERS = 10


@pytest.fixture
def headers(owner: Account, sign_in: Headers) -> dict[str, str]:
    return sign_in(owner)


def tag(account: Account, version: int) -> str:
    return f'"{account.tenant_id}-{version}"'


async def rename(client: AsyncClient, headers: dict[str, str], name: str, **more: str) -> Response:
    return await client.patch(TENANT, headers=headers | more, json={"name": name})


async def test_a_change_makes_another_version(
    client: AsyncClient, owner: Account, headers: dict[str, str]
) -> None:
    read = await client.get(TENANT, headers=headers)
    changed = await rename(client, headers, "Second", **{"If-Match": read.headers["etag"]})
    again = await client.get(TENANT, headers=headers)

    assert read.headers["etag"] == f'"{read.json()["etag"]}"' == tag(owner, 1)
    assert (changed.status_code, changed.headers["etag"]) == (200, tag(owner, 2))
    assert again.headers["etag"] == tag(owner, 2)
    assert again.json() == changed.json()


async def test_a_patch_without_changes_makes_no_version(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    first = await rename(client, headers, "Second")
    second = await rename(client, headers, "Second")

    assert first.headers["etag"] == second.headers["etag"]


async def test_a_stale_version_is_refused(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    await rename(client, headers, "Second")
    stale = {"If-Match": tag(owner, 1)}
    changed = await rename(client, headers, "Third", **stale)
    deleted = await client.delete(TENANT, headers=headers | stale)

    for response in (changed, deleted):
        assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert (await client.get(TENANT, headers=headers)).json()["name"] == "Second"
    assert await read_events(database, owner.tenant_id) == ["tenant.updated"]


async def test_a_version_that_was_seen_may_be_deleted(
    client: AsyncClient, owner: Account, headers: dict[str, str]
) -> None:
    response = await client.delete(TENANT, headers=headers | {"If-Match": tag(owner, 1)})

    assert response.status_code == 204


async def test_the_version_of_another_row_is_not_this_one(
    client: AsyncClient, database: Database, headers: dict[str, str], sign_in: Headers
) -> None:
    """`/tenant` is the one that the token is for: another one at another time."""
    other = await make_account(database, email="bob@example.com")
    read = await client.get(TENANT, headers=sign_in(other))
    changed = await rename(client, headers, "Second", **{"If-Match": read.headers["etag"]})

    assert changed.status_code == 412


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["*"], 200),
        ([" {seen} "], 200),
        (['"0", {seen}'], 200),
        (['"0",{seen} ,\t"2"'], 200),
        (['W/"0", {seen}'], 200),
        # Empty elements count for nothing, and several lines are one list.
        ([", {seen},, "], 200),
        (['"0"', "{seen}"], 200),
        # Weak: not to be relied on for a change.
        (["W/{seen}"], 412),
        (['""'], 412),
        (['"ä"'], 412),
        (['"1 "'], 400),
        (["1"], 400),
        (['"1'], 400),
        (['"1" {seen}'], 400),
        (["*, {seen}"], 400),
        (["*", "{seen}"], 400),
        ([""], 400),
        ([", ,"], 400),
    ],
)
async def test_a_condition_is_a_list_of_tags(
    client: AsyncClient, owner: Account, headers: dict[str, str], lines: list[str], status: int
) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    for line in lines:
        text = line.replace("{seen}", tag(owner, 1))
        sent.append((b"If-Match", text.encode("latin-1")))
    response = await client.patch(TENANT, headers=sent, json={"name": "Second"})

    assert response.status_code == status


async def test_a_condition_can_be_demanded(
    settings: Settings, owner: Account, headers: dict[str, str]
) -> None:
    app = create_app(settings.model_copy(update={"require_if_match": True}))
    async with running(app) as client:
        refused = await rename(client, headers, "Second")
        not_deleted = await client.delete(TENANT, headers=headers)
        changed = await rename(client, headers, "Second", **{"If-Match": tag(owner, 1)})
        stranger = await client.patch(TENANT, json={"name": "Second"})

    for response in (refused, not_deleted):
        assert (response.status_code, response.json()["code"]) == (428, "precondition_required")
    assert changed.status_code == 200
    assert stranger.status_code == 401


async def test_writers_at_once_lose_nothing(client: AsyncClient, headers: dict[str, str]) -> None:
    """Each adds a letter to what it has read, until it is its turn."""
    await rename(client, headers, "+")

    async def add(letter: str) -> int:
        refusals = 0
        while True:
            read = await client.get(TENANT, headers=headers)
            seen = {"If-Match": read.headers["etag"]}
            response = await rename(client, headers, read.json()["name"] + letter, **seen)
            if response.status_code == 200:
                return refusals
            assert response.status_code == 412
            refusals += 1

    letters = "abcdefghij"[:WRITERS]
    refusals = await asyncio.gather(*map(add, letters))

    name = (await client.get(TENANT, headers=headers)).json()["name"]
    assert "".join(sorted(name)) == "+" + letters
    assert sum(refusals) > 0


async def test_writers_without_a_condition_take_turns(
    client: AsyncClient, owner: Account, headers: dict[str, str]
) -> None:
    names = [f"Name {number}" for number in range(WRITERS)]
    responses = await asyncio.gather(*(rename(client, headers, name) for name in names))

    assert {response.status_code for response in responses} == {200}
    assert {response.headers["etag"] for response in responses} == {
        tag(owner, number + 2) for number in range(WRITERS)
    }
