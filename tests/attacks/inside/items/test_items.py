"""What the example promises beyond its own tests: those are short, for teams to copy."""

from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from app.crud import items
from app.crud.locking import lock
from app.db.base import now
from app.db.models.item import Item
from app.db.session import Database
from app.services.seeding import seed, tenants
from app.services.seeding.items import seed_items
from tests.platform.support import Account, SignIn, make_account, rows_of

ITEMS = "/api/v1/items"


@pytest.fixture
def headers(owner: Account, sign_in: SignIn) -> dict[str, str]:
    return sign_in(owner)


async def create_item(client: AsyncClient, headers: dict[str, str], **fields: str) -> str:
    answer = await client.post(ITEMS, headers=headers, json={"name": "lamp"} | fields)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def test_items_of_others_do_not_exist(
    client: AsyncClient, database: Database, headers: dict[str, str], sign_in: SignIn
) -> None:
    url = f"{ITEMS}/{await create_item(client, headers)}"
    other = sign_in(await make_account(database, email="bob@example.com"))

    assert rows_of(await client.get(ITEMS, headers=other)) == []
    assert (await client.get(url, headers=other)).status_code == 404
    assert (await client.patch(url, headers=other, json={"name": "mine"})).status_code == 404
    assert (await client.delete(url, headers=other)).status_code == 404
    # What others have does not get in the way either.
    await create_item(client, other)


async def test_a_change_is_checked_against_the_current_row(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    """And not as the session has read it before it had the lock."""
    item_id = UUID(await create_item(client, headers))
    async with database.session(tenant_id=owner.tenant_id) as session:
        read = await items.get(session, item_id)
        meanwhile = update(Item).values(name="torch", version=2)
        await session.execute(meanwhile.execution_options(synchronize_session=False))
        locked = await lock(session, Item, item_id)

        assert locked is read
        assert locked is not None
        assert (locked.name, locked.version) == ("torch", 2)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "sort=", "sort=description", "sort=name;--", "sort=--name"],
)
async def test_a_wrong_question_is_refused(
    client: AsyncClient, headers: dict[str, str], query: str
) -> None:
    assert (await client.get(f"{ITEMS}?{query}", headers=headers)).status_code == 422


async def test_a_cursor_of_no_list_is_refused(client: AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get(f"{ITEMS}?after=bm9wZQ", headers=headers)).status_code == 400


async def test_items_are_found_by_a_part_of_their_name(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    names = ["lamp", "100% lamp", "a_b", "axb", "a/b", "a\\b"]
    for name in names:
        await create_item(client, headers, name=name)

    expected = [
        ("LAMP", ["lamp", "100% lamp"]),
        ("%", ["100% lamp"]),
        ("_", ["a_b"]),
        ("a_b", ["a_b"]),
        ("/", ["a/b"]),
        ("\\", ["a\\b"]),
        ("'", []),
        ("", names),
    ]
    for part, found in expected:
        page = await client.get(ITEMS, headers=headers, params={"name": part})
        assert [item["name"] for item in rows_of(page)] == found


async def test_items_come_in_pages(client: AsyncClient, headers: dict[str, str]) -> None:
    made = [await create_item(client, headers, name=f"item {number}") for number in range(5)]

    listed: list[str] = []
    query = {"limit": "2"}
    pages = 0
    while True:
        page = await client.get(ITEMS, headers=headers, params=query)
        listed += [item["id"] for item in rows_of(page)]
        pages += 1
        if page.json()["next"] is None:
            break
        query["after"] = page.json()["next"]

    assert listed == made
    assert pages == 3


@pytest.mark.parametrize("body", [{"name": None}, {"description": None}, {"id": str(uuid4())}])
async def test_a_wrong_update_is_refused(
    client: AsyncClient, headers: dict[str, str], body: dict[str, object]
) -> None:
    item_id = await create_item(client, headers)

    answer = await client.patch(f"{ITEMS}/{item_id}", headers=headers, json=body)

    assert answer.status_code == 422


async def test_a_stale_version_is_neither_changed_nor_deleted(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    made = await client.post(ITEMS, headers=headers, json={"name": "lamp"})
    url = f"{ITEMS}/{made.json()['id']}"
    seen = headers | {"If-Match": made.headers["etag"]}
    changed = await client.patch(url, headers=seen, json={"name": "torch"})

    assert changed.status_code == 200
    assert (await client.patch(url, headers=seen, json={"name": "bulb"})).status_code == 412
    assert (await client.delete(url, headers=seen)).status_code == 412
    current = await client.get(url, headers=headers)
    assert current.json()["name"] == "torch"
    assert current.headers["etag"] == changed.headers["etag"] != made.headers["etag"]
    seen = headers | {"If-Match": current.headers["etag"]}
    assert (await client.delete(url, headers=seen)).status_code == 204


async def test_seeded_items_fill_pages(database: Database) -> None:
    plan = seed.Plan(seed=1, tenants=1, members=4, rows=300, now=now())
    async for _ in seed.seed(database, plan, [seed_items], password_hash="", report=lambda _: None):
        pass

    tenant = tenants.make_tenant(1, 1, members=4, rows=300, now=plan.now)
    async with database.session(tenant_id=tenant.tenant_id) as session:
        items = (await session.scalars(select(Item))).all()
    assert len({item.name for item in items}) == 300
    assert {item.created_by for item in items} == {each.user_id for each in tenant.members}
    assert all(plan.now - tenants.AGE <= item.created_at <= plan.now for item in items)
    changed = [item for item in items if item.updated_at]
    assert 0 < len(changed) < 300
    assert all(item.created_at <= (item.updated_at or plan.now) <= plan.now for item in items)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": None},
        {"name": "x" * 101},
        {"name": "lamp", "description": None},
        {"name": "lamp", "tenant_id": str(uuid4())},
    ],
)
async def test_a_wrong_body_is_refused(
    client: AsyncClient, headers: dict[str, str], body: dict[str, object]
) -> None:
    assert (await client.post(ITEMS, headers=headers, json=body)).status_code == 422


async def test_a_repeated_request_makes_one_item(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    repeated = headers | {"Idempotency-Key": "a-key"}
    item_ids = {await create_item(client, repeated) for _ in range(2)}

    assert {item["id"] for item in rows_of(await client.get(ITEMS, headers=headers))} == item_ids
    assert len(item_ids) == 1
