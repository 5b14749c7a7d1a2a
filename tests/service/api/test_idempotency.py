"""Requests that are repeated with a key, on a route that only this test knows."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request, Response
from httpx2 import AsyncClient
from httpx2 import Response as Received
from sqlalchemy import select, update

from app.api.deps import SessionDep, requires
from app.api.idempotency import Idempotency, IdempotencyDep
from app.core.config import Settings
from app.core.errors import ConflictError, ForbiddenError
from app.core.principal import TENANT_UPDATE, Principal, Role
from app.db.base import now
from app.db.models.idempotency_key import IdempotencyKey
from app.db.models.membership import Membership
from app.db.session import Database
from app.main import create_app
from app.schemas.base import Schema
from service.support.notes import Note, note_tables
from service.support.principals import make_principal
from service.support.series import moving, read
from service.support.watching import watch_statements
from tests.platform.support import Account, make_account, running

Headers = Callable[[Account], dict[str, str]]
KEYED = "idempotency_keyed_requests_total"


class NoteCreate(Schema):
    text: str
    number: int = 0


class NoteRead(Schema):
    text: str


async def create_note(
    session: SessionDep,
    actor: Annotated[Principal, requires(TENANT_UPDATE)],
    data: NoteCreate,
    idempotency: IdempotencyDep,
    response: Response,
) -> Any:
    async def create() -> Note:
        note = Note(text=data.text)
        session.add(note)
        await session.flush()
        if data.text == "refused":
            raise ConflictError("Not this one")
        response.headers["Location"] = f"/notes/{note.id}"
        return note

    return await idempotency.run(create)


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    for path in ("/notes", "/drafts", "/folders/{folder}/notes"):
        app.post(path, status_code=201, response_model=NoteRead)(create_note)
    return app


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[AsyncClient]:
    """A client of a service that takes notes."""
    async with note_tables(database.engine), running(app) as client:
        yield client


@pytest.fixture
def headers(owner: Account, sign_in: Headers) -> dict[str, str]:
    return sign_in(owner) | {"Idempotency-Key": "a-key"}


async def create(
    client: AsyncClient, headers: dict[str, str], text: str = "hello", path: str = "/notes"
) -> Received:
    return await client.post(path, headers=headers, json={"text": text})


async def count_notes(database: Database, account: Account) -> int:
    async with database.session(tenant_id=account.tenant_id) as session:
        return len((await session.scalars(select(Note))).all())


async def test_a_repeated_request_takes_effect_once(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    with moving(KEYED, outcome="first"), moving(KEYED, outcome="replayed"):
        first = await create(client, headers)
        again = await create(client, headers)

    assert first.status_code == again.status_code == 201
    assert first.content == again.content == b'{"text":"hello"}'
    for name in ("location", "content-type", "content-length"):
        assert first.headers[name] == again.headers[name]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await count_notes(database, owner) == 1


async def test_without_a_key_nothing_is_kept(
    client: AsyncClient, database: Database, owner: Account, sign_in: Headers
) -> None:
    with watch_statements() as seen:
        first, again = [await create(client, sign_in(owner)) for _ in range(2)]

    assert first.headers["location"] != again.headers["location"]
    assert first.content == again.content == b'{"text":"hello"}'
    assert await count_notes(database, owner) == 2
    assert [each for each in seen if "idempotency" in each or "advisory" in each] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/notes", b'{"text": "other"}'),
        ("/notes?draft=1", b'{"text": "hello"}'),
        ("/notes", b'{"text": "hello", "number": 0}'),
    ],
)
async def test_a_key_is_for_one_request(
    client: AsyncClient,
    database: Database,
    owner: Account,
    headers: dict[str, str],
    path: str,
    body: bytes,
) -> None:
    await create(client, headers)
    sent = headers | {"Content-Type": "application/json"}
    with moving(KEYED, outcome="reused"):
        response = await client.post(path, headers=sent, content=body)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert await count_notes(database, owner) == 1


async def test_path_parameters_are_part_of_the_request(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    first = await create(client, headers, path="/folders/a/notes")
    other = await create(client, headers, path="/folders/b/notes")

    assert (first.status_code, other.status_code) == (201, 422)


async def test_the_order_of_a_body_is_the_clients_affair(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    sent = headers | {"Content-Type": "application/json"}
    for body in (b'{"text":"hello","number":1}', b'{ "number": 1, "text": "hello" }'):
        response = await client.post("/notes", headers=sent, content=body)
        assert response.status_code == 201

    assert response.headers["idempotency-replayed"] == "true"


async def test_another_route_has_its_own_keys(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    await create(client, headers)
    draft = await create(client, headers, path="/drafts")

    assert "idempotency-replayed" not in draft.headers
    assert await count_notes(database, owner) == 2


async def test_a_key_of_another_caller_replays_nothing(
    client: AsyncClient,
    database: Database,
    owner: Account,
    headers: dict[str, str],
    sign_in: Headers,
) -> None:
    first = await create(client, headers)
    colleague = await make_account(
        database, email="bob@example.com", role=Role.OWNER, tenant_id=owner.tenant_id
    )
    stranger = await make_account(database, email="eve@example.com")

    for account in (colleague, stranger):
        response = await create(client, headers | sign_in(account))
        assert response.headers["location"] != first.headers["location"]
        assert "idempotency-replayed" not in response.headers


async def test_a_revoked_permission_opens_no_stored_response(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    await create(client, headers)
    async with database.session() as session:
        await session.execute(update(Membership).values(role=Role.VIEWER))

    assert (await create(client, headers)).status_code == 403


async def test_a_request_that_failed_is_carried_out_again(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    refused = await create(client, headers, "refused")
    corrected = await create(client, headers, "hello")

    assert (refused.status_code, corrected.status_code) == (409, 201)
    assert "idempotency-replayed" not in corrected.headers
    assert await count_notes(database, owner) == 1


async def test_an_uncommitted_response_is_not_stored(
    client: AsyncClient,
    database: Database,
    owner: Account,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.Session.commit", fail)
        assert (await create(client, headers)).status_code == 500

    assert await count_notes(database, owner) == 0
    assert "idempotency-replayed" not in (await create(client, headers)).headers
    assert await count_notes(database, owner) == 1


def fail(_: object) -> None:
    raise RuntimeError("the commit fails")


async def test_a_key_is_good_for_its_time(
    client: AsyncClient,
    database: Database,
    owner: Account,
    headers: dict[str, str],
    settings: Settings,
) -> None:
    await create(client, headers)
    async with database.session(tenant_id=owner.tenant_id) as session:
        kept = (await session.scalars(select(IdempotencyKey))).one()
        lifetime = timedelta(seconds=settings.idempotency_key_ttl)
        assert timedelta() < now() + lifetime - kept.expires_at < timedelta(minutes=1)
        kept.expires_at = now()

    other = await create(client, headers, "other")
    again = await create(client, headers, "other")

    assert (other.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert await count_notes(database, owner) == 2


async def test_requests_at_once_take_effect_once(
    client: AsyncClient, database: Database, owner: Account, headers: dict[str, str]
) -> None:
    """On SQLite they queue, and get the stored response; on PostgreSQL nobody waits for a lock."""
    in_use = read(KEYED, outcome="in_use")
    responses = await asyncio.gather(*(create(client, headers) for _ in range(20)))

    statuses = Counter(response.status_code for response in responses)
    assert statuses[201] + statuses[409] == 20
    assert read(KEYED, outcome="in_use") - in_use == statuses[409]
    made = {response.headers["location"] for response in responses if response.status_code == 201}
    assert len(made) == 1
    for response in responses:
        if response.status_code == 409:
            assert response.json()["code"] == "idempotency_key_in_use"
            assert response.headers["retry-after"] == "1"
    if database.engine.dialect.name == "sqlite":
        assert statuses[409] == 0
    assert await count_notes(database, owner) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\x7f"])
async def test_a_key_of_another_form_is_refused(
    client: AsyncClient, headers: dict[str, str], key: str
) -> None:
    response = await create(client, headers | {"Idempotency-Key": key})

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


async def test_a_user_without_a_tenant_has_no_keys(database: Database) -> None:
    async with database.session() as session:
        repeated = Idempotency(
            Request({"type": "http"}), Response(), session, make_principal(), "k"
        )
        with pytest.raises(ForbiddenError):
            await repeated.run(unreachable)


async def unreachable() -> None:
    raise AssertionError("carried out")
