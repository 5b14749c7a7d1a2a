from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from app.core.principal import Role
from app.crud import items
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
    item_id: str = answer.json()["id"]
    return item_id


async def test_an_item_is_created_and_read(client: AsyncClient, headers: dict[str, str]) -> None:
    item_id = await create_item(client, headers, name=" lamp ", description="It glows.")

    item = (await client.get(f"{ITEMS}/{item_id}", headers=headers)).json()
    assert item["id"] == item_id
    assert item["name"] == "lamp"
    assert item["description"] == "It glows."
    assert item["created_at"].endswith("Z")
    assert item["updated_at"] is None


async def test_an_update_changes_what_it_names(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    item_id = await create_item(client, headers, description="It glows.")

    answer = await client.patch(f"{ITEMS}/{item_id}", headers=headers, json={"name": "torch"})

    assert answer.status_code == 200
    assert answer.json()["name"] == "torch"
    assert answer.json()["description"] == "It glows."
    assert answer.json()["updated_at"] is not None


async def test_a_repeated_request_makes_one_item(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    repeated = headers | {"Idempotency-Key": "a-key"}
    first, again = [
        await client.post(ITEMS, headers=repeated, json={"name": "lamp"}) for _ in range(2)
    ]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"]


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


async def test_what_is_changed_is_judged_as_it_is(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    """And not as the session has read it before it had the lock."""
    item_id = UUID(await create_item(client, headers))
    async with database.session(tenant_id=owner.tenant_id) as session:
        read = await items.get(session, item_id)
        meanwhile = update(Item).values(name="torch", version=2)
        await session.execute(meanwhile.execution_options(synchronize_session=False))
        locked = await items.get(session, item_id, locks=True)

        assert locked is read
        assert locked is not None
        assert (locked.name, locked.version) == ("torch", 2)


async def test_a_deleted_item_is_gone(client: AsyncClient, headers: dict[str, str]) -> None:
    item_id = await create_item(client, headers)

    assert (await client.delete(f"{ITEMS}/{item_id}", headers=headers)).status_code == 204
    assert (await client.get(f"{ITEMS}/{item_id}", headers=headers)).status_code == 404


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


@pytest.mark.parametrize(
    ("sort", "names"),
    [("created_at", "bac"), ("-created_at", "cab"), ("name", "abc"), ("-name", "cba")],
)
async def test_items_are_sorted_as_asked(
    client: AsyncClient, headers: dict[str, str], sort: str, names: str
) -> None:
    for name in "bac":
        await create_item(client, headers, name=name)

    listed = ""
    query = {"limit": "1", "sort": sort}
    while query.get("after", "") is not None:
        page = await client.get(ITEMS, headers=headers, params=query)
        listed += rows_of(page)[0]["name"]
        query["after"] = page.json()["next"]
    assert listed == names


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


async def test_a_name_is_taken_once(client: AsyncClient, headers: dict[str, str]) -> None:
    await create_item(client, headers)
    other = await create_item(client, headers, name="torch")

    created = await client.post(ITEMS, headers=headers, json={"name": "lamp"})
    updated = await client.patch(f"{ITEMS}/{other}", headers=headers, json={"name": "lamp"})

    assert created.status_code == 409
    assert updated.status_code == 409


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


@pytest.mark.parametrize("body", [{"name": None}, {"description": None}, {"id": str(uuid4())}])
async def test_a_wrong_update_is_refused(
    client: AsyncClient, headers: dict[str, str], body: dict[str, object]
) -> None:
    item_id = await create_item(client, headers)

    answer = await client.patch(f"{ITEMS}/{item_id}", headers=headers, json=body)

    assert answer.status_code == 422


async def test_items_of_others_do_not_exist(
    client: AsyncClient, database: Database, headers: dict[str, str], sign_in: SignIn
) -> None:
    item_id = await create_item(client, headers)
    other = sign_in(await make_account(database, email="bob@example.com"))

    assert rows_of(await client.get(ITEMS, headers=other)) == []
    assert (await client.get(f"{ITEMS}/{item_id}", headers=other)).status_code == 404
    assert (
        await client.patch(f"{ITEMS}/{item_id}", headers=other, json={"name": "mine"})
    ).status_code == 404
    assert (await client.delete(f"{ITEMS}/{item_id}", headers=other)).status_code == 404
    # What others have does not get in the way either.
    await create_item(client, other)


async def test_colleagues_share_their_items(
    client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    bob = await make_account(
        database, email="bob@example.com", role=Role.MEMBER, tenant_id=owner.tenant_id
    )
    colleague = sign_in(bob)
    item_id = await create_item(client, sign_in(owner))

    changed = await client.patch(f"{ITEMS}/{item_id}", headers=colleague, json={"name": "torch"})
    [item] = rows_of(await client.get(ITEMS, headers=sign_in(owner)))

    assert changed.status_code == 200
    assert (item["name"], item["created_by"]) == ("torch", str(owner.user_id))


async def test_a_viewer_only_reads(
    client: AsyncClient, database: Database, sign_in: SignIn
) -> None:
    viewer = sign_in(await make_account(database, email="eve@example.com", role=Role.VIEWER))

    assert (await client.get(ITEMS, headers=viewer)).status_code == 200
    assert (await client.post(ITEMS, headers=viewer, json={"name": "lamp"})).status_code == 403


async def test_without_a_token_there_is_no_list(client: AsyncClient) -> None:
    assert (await client.get(ITEMS)).status_code == 401


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
