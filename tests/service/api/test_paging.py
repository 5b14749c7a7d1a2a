"""Pages of lists, on one that the tests define themselves."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import select

from app.api.deps import SessionDep, requires
from app.api.paging import PageDep
from app.core.config import Settings
from app.core.principal import TENANT_READ, Principal, Role
from app.crud.keyset import fetch_page
from app.db.session import Database
from app.main import create_app
from app.schemas.base import Schema
from app.schemas.page import Page
from service.support.notes import Note, note_tables
from service.support.watching import watch_statements
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]


NOTES = select(Note.id, Note.created_at, Note.text)


class NoteRead(Schema):
    text: str


async def list_notes(
    session: SessionDep,
    actor: Annotated[Principal, requires(TENANT_READ)],
    page: PageDep,
    sort: Literal["created_at", "-created_at", "text", "-text"] = "created_at",
) -> dict[str, object]:
    name = sort.removeprefix("-")
    key = getattr(Note, name), Note.id
    rows = await fetch_page(session, NOTES, *key, **page.query, descending=sort != name)
    return page.cut(rows, sorted_by=name)


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    for path in ("/notes", "/folders/{folder}/notes"):
        app.get(path, response_model=Page[NoteRead])(list_notes)
    return app


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[AsyncClient]:
    """A client of a service that has lists of notes."""
    async with note_tables(database.engine), running(app) as client:
        yield client


@pytest.fixture
async def headers(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> dict[str, str]:
    """The headers of an owner whose tenant has five notes."""
    for number in range(5):
        async with database.session(tenant_id=owner.tenant_id) as session:
            session.add(Note(text=str(number)))
    return sign_in(owner)


async def read_all(client: AsyncClient, headers: dict[str, str], url: str) -> list[str]:
    """Follows the links from a page to the next."""
    texts: list[str] = []
    while url:
        response = await client.get(url, headers=headers)
        texts += [note["text"] for note in response.json()["items"]]
        url = response.links.get("next", {}).get("url", "")
        assert (url == "") == (response.json()["next"] is None)
    return texts


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_links_lead_through_the_list(
    client: AsyncClient, headers: dict[str, str], limit: int
) -> None:
    notes = list("01234")

    assert await read_all(client, headers, f"/notes?limit={limit}") == notes
    assert await read_all(client, headers, f"/notes?limit={limit}&sort=-created_at") == notes[::-1]


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_equal_values_are_ordered_by_id(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str], limit: int
) -> None:
    long = "\U0001f600" * 100
    async with database.session(tenant_id=owner.tenant_id) as session:
        session.add_all([Note(text=text) for text in [long, '"', *"aaaaa"]])

    up = await read_all(client, headers, f"/notes?limit={limit}&sort=text")
    down = await read_all(client, headers, f"/notes?limit={limit}&sort=-text")

    assert sorted(up) == sorted([*"01234", '"', *"aaaaa", long])
    assert up == down[::-1]
    assert up[up.index("a") :][:5] == list("aaaaa")


async def test_a_link_repeats_what_was_asked_for(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    asked = "/folders/a%3A%20%3E%C3%A4/notes?q=a%26b&q=%3E&limit=2&after="
    response = await client.get(asked, headers=headers)
    url = response.links["next"]["url"]

    assert url == asked + response.json()["next"]


@pytest.fixture
async def cursor(client: AsyncClient, headers: dict[str, str]) -> str:
    response = await client.get("/notes?limit=2", headers=headers)
    following: str = response.json()["next"]
    return following


@pytest.mark.parametrize("place", ["/folders/a/notes?", "/notes?sort=text&", "/notes?x&"])
async def test_a_cursor_is_for_one_list_in_one_order(
    client: AsyncClient, headers: dict[str, str], cursor: str, place: str
) -> None:
    elsewhere = await client.get(f"{place}after={cursor}", headers=headers)
    here = await client.get(f"/notes?limit=7&after={cursor}", headers=headers)

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "bad_request")
    assert [note["text"] for note in here.json()["items"]] == ["2", "3", "4"]


async def test_a_cursor_is_for_one_tenant(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers, cursor: str
) -> None:
    colleague = await make_account(
        database, email="bob@example.com", role=Role.VIEWER, tenant_id=owner.tenant_id
    )
    stranger = await make_account(database, email="eve@example.com")
    responses = [
        await client.get(f"/notes?after={cursor}", headers=sign_in(account))
        for account in (colleague, stranger)
    ]

    assert [response.status_code for response in responses] == [200, 400]


async def test_a_changed_cursor_is_refused(
    client: AsyncClient, headers: dict[str, str], cursor: str
) -> None:
    for changed in ("x", cursor[1:], cursor.swapcase()):
        response = await client.get(f"/notes?after={changed}", headers=headers)
        assert response.status_code == 400


async def test_a_wrong_cursor_tells_strangers_nothing(client: AsyncClient) -> None:
    assert (await client.get("/notes?after=x")).status_code == 401


async def test_a_page_runs_no_count(client: AsyncClient, headers: dict[str, str]) -> None:
    with watch_statements() as seen:
        await client.get("/notes?limit=2", headers=headers)

    assert [each for each in seen if "count(" in each.lower()] == []
    assert len([each for each in seen if "FROM test_notes" in each]) == 1
