import pytest
from httpx2 import AsyncClient

from app.core.principal import Role
from app.db.session import Database
from tests.platform.support import Account, SignIn, make_account, rows_of

ITEMS = "/api/v1/items"


@pytest.fixture
def headers(owner: Account, sign_in: SignIn) -> dict[str, str]:
    return sign_in(owner)


async def create_item(client: AsyncClient, headers: dict[str, str], **fields: str) -> str:
    response = await client.post(ITEMS, headers=headers, json={"name": "lamp"} | fields)
    assert response.status_code == 201
    return str(response.json()["id"])


async def test_an_item_is_created_and_read(client: AsyncClient, headers: dict[str, str]) -> None:
    url = f"{ITEMS}/{await create_item(client, headers, name=' lamp ', description='It glows.')}"
    item = (await client.get(url, headers=headers)).json()
    changed = (await client.patch(url, headers=headers, json={"name": "torch"})).json()

    assert (item["name"], item["description"], item["updated_at"]) == ("lamp", "It glows.", None)
    assert item["created_at"].endswith("Z")
    assert (changed["name"], changed["description"]) == ("torch", "It glows.")
    assert changed["updated_at"] > item["created_at"]


async def test_an_item_is_changed_and_deleted_as_it_was_seen(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    created = await client.post(ITEMS, headers=headers, json={"name": "lamp"})
    url = f"{ITEMS}/{created.json()['id']}"
    stale = headers | {"If-Match": created.headers["etag"]}

    assert (await client.patch(url, headers=stale, json={"name": "torch"})).status_code == 200
    assert (await client.patch(url, headers=stale, json={"name": "bulb"})).status_code == 412
    assert (await client.delete(url, headers=stale)).status_code == 412
    assert (await client.delete(url, headers=headers)).status_code == 204
    assert (await client.get(url, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("sort", "names"),
    [("created_at", "bac"), ("-created_at", "cab"), ("name", "abc"), ("-name", "cba")],
)
async def test_items_come_in_sorted_pages(
    client: AsyncClient, headers: dict[str, str], sort: str, names: str
) -> None:
    for name in "bac":
        await create_item(client, headers, name=name)

    first = await client.get(f"{ITEMS}?limit=2&sort={sort}", headers=headers)
    last = await client.get(first.links["next"]["url"], headers=headers)
    assert [item["name"] for item in rows_of(first) + rows_of(last)] == list(names)
    assert "next" not in last.links


async def test_a_name_is_taken_once(client: AsyncClient, headers: dict[str, str]) -> None:
    await create_item(client, headers)
    other = await create_item(client, headers, name="torch")

    created = await client.post(ITEMS, headers=headers, json={"name": "lamp"})
    updated = await client.patch(f"{ITEMS}/{other}", headers=headers, json={"name": "lamp"})

    assert created.status_code == updated.status_code == 409


@pytest.mark.parametrize("name", ["", "   ", None, "x" * 101])
async def test_a_wrong_name_is_refused(
    client: AsyncClient, headers: dict[str, str], name: str | None
) -> None:
    url = f"{ITEMS}/{await create_item(client, headers)}"

    assert (await client.post(ITEMS, headers=headers, json={"name": name})).status_code == 422
    assert (await client.patch(url, headers=headers, json={"name": name})).status_code == 422


async def test_colleagues_do_what_their_roles_permit(
    client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    url = f"{ITEMS}/{await create_item(client, sign_in(owner))}"
    statuses = {}
    for role in (Role.MEMBER, Role.VIEWER):
        colleague = await make_account(
            database, email=f"{role}@example.com", role=role, tenant_id=owner.tenant_id
        )
        read = await client.get(url, headers=sign_in(colleague))
        changed = await client.patch(url, headers=sign_in(colleague), json={"name": "torch"})
        statuses[role] = (read.status_code, changed.status_code)

    assert statuses == {Role.MEMBER: (200, 200), Role.VIEWER: (200, 403)}
    assert (await client.get(url, headers=sign_in(owner))).json()["name"] == "torch"
