"""What clients of the old backend send, and what they get."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from httpx2 import AsyncClient

from app.core.config import Settings, reload_settings
from app.crud import users
from app.db.session import Database
from tests.platform.support import PASSWORD, Account, make_account

KEY = "only for tests, and long enough for HS256"


async def log_in(client: AsyncClient, email: str) -> dict[str, str]:
    response = await client.post("/login", json={"email": email, "password": PASSWORD})
    assert response.json()["token_type"] == "bearer"
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


@pytest.fixture
async def ann(client: AsyncClient, owner: Account) -> dict[str, str]:
    return await log_in(client, owner.email)


async def test_it_is_up(client: AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_a_user_reads_who_they_are(client: AsyncClient, ann: dict[str, str]) -> None:
    assert (await client.get("/me", headers=ann)).json() == {"id": None, "email": "ann@example.com"}


@pytest.mark.parametrize(
    "login",
    [
        {"email": "ann@example.com", "password": "wrong"},
        {"email": "nobody@example.com", "password": PASSWORD},
    ],
)
async def test_a_wrong_login_is_refused(
    client: AsyncClient, owner: Account, login: dict[str, str]
) -> None:
    response = await client.post("/login", json=login)

    assert (response.status_code, response.json()["detail"]) == (401, "Wrong email or password")


async def test_a_login_needs_a_password(client: AsyncClient) -> None:
    assert (await client.post("/login", json={"email": "ann@example.com"})).status_code == 422


async def test_a_note_is_created_read_and_deleted(client: AsyncClient, ann: dict[str, str]) -> None:
    label = (await client.post("/labels", headers=ann, json={"name": "shop"})).json()
    data = {"title": "Milk", "label_id": label["id"]}
    note = (await client.post("/notes", headers=ann, json=data)).json()
    url = f"/notes/{note['id']}"

    assert (await client.get("/labels", headers=ann)).json() == [label]
    assert note == {**data, "body": "", "id": label["id"] + 1}
    assert (await client.get(url, headers=ann)).json() == note
    assert (await client.get("/notes", headers=ann)).json() == [note]
    assert (await client.delete(url, headers=ann)).status_code == 204
    assert (await client.get(url, headers=ann)).json()["detail"] == "No such note"
    assert (await client.get("/notes", headers=ann)).json() == []


async def test_notes_of_a_colleague_are_not_there(
    client: AsyncClient, database: Database, owner: Account, ann: dict[str, str]
) -> None:
    await make_account(database, email="bob@example.com", tenant_id=owner.tenant_id)
    bob = await log_in(client, "bob@example.com")
    note = (await client.post("/notes", headers=ann, json={"title": "Mine"})).json()
    url = f"/notes/{note['id']}"

    assert (await client.get(url, headers=bob)).status_code == 404
    assert (await client.delete(url, headers=bob)).status_code == 204
    assert (await client.get(url, headers=ann)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [("POST", "/notes", {"title": ""}), ("POST", "/labels", {}), ("GET", "/notes/x", None)],
)
async def test_a_wrong_request_is_refused(
    client: AsyncClient, ann: dict[str, str], method: str, path: str, data: object
) -> None:
    assert (await client.request(method, path, headers=ann, json=data)).status_code == 422


@pytest.mark.parametrize(
    ("key", "number", "until", "status"),
    [
        (KEY, 7, "2100-01-01T00:00:00Z", 200),
        (KEY, 8, "2100-01-01T00:00:00Z", 401),
        (KEY, 7, "2026-01-01T00:00:00Z", 401),
        ("another key, which is long enough as well", 7, "2100-01-01T00:00:00Z", 401),
    ],
)
async def test_a_token_of_before_is_good_for_a_time(
    client: AsyncClient,
    database: Database,
    owner: Account,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    number: int,
    until: str,
    status: int,
) -> None:
    monkeypatch.setenv("JWT_SECRET", settings.jwt_secret.get_secret_value())
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("LEGACY_TOKENS_UNTIL", until)
    reload_settings()
    async with database.session() as session:
        user = await users.get(session, owner.user_id)
        assert user is not None
        user.legacy_id = 7
    expires = datetime.now(UTC) + timedelta(minutes=5)
    token = jwt.encode({"sub": str(number), "exp": expires}, key, algorithm="HS256")
    response = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
    monkeypatch.undo()
    reload_settings()

    assert response.status_code == status
