"""What docs/how-to.md says of routes. Each test names its recipe."""

import hmac
from hashlib import sha256

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import AsyncClient
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app import audit_log
from app.api.v1.exports import read_lines
from app.core.audit import SecurityEvent
from app.core.config import Settings
from app.core.credentials.opaque_tokens import fingerprint, make_token
from app.core.principal import Role
from app.crud import users
from app.db.models.api_key import ApiKey
from app.db.session import Database
from app.services.mailer import Mail
from tests.platform.support import Account, SignIn, make_account

# More than three pages.
EVENTS = 301
# JSON that a route of the API would refuse.
TWICE = b'{"paid": 1, "paid": 2}'


# Recipe: Add a resource
async def test_orders_are_made_and_listed(
    client: AsyncClient, owner: Account, sign_in: SignIn
) -> None:
    order = {"name": "A-1", "description": "Three lamps"}
    made = await client.post("/api/v1/orders", headers=sign_in(owner), json=order)
    listed = await client.get("/api/v1/orders", headers=sign_in(owner))

    assert made.status_code == 201
    assert [row["name"] for row in listed.json()["items"]] == ["A-1"]


# Recipe: Grant a permission to roles
@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.MEMBER, 403)])
async def test_admins_read_reports(
    client: AsyncClient, database: Database, sign_in: SignIn, role: Role, status: int
) -> None:
    account = await make_account(database, role=role)

    response = await client.get("/api/v1/reports/daily", headers=sign_in(account))

    assert response.status_code == status


# Recipe: Add a route for every user
async def test_a_user_is_greeted(client: AsyncClient, owner: Account, sign_in: SignIn) -> None:
    path = "/api/v1/greetings/mine"

    assert (await client.get(path, headers=sign_in(owner))).json() == "Hello "
    assert (await client.get(path)).status_code == 401


# Recipe: Add a route for platform administrators
async def test_administrators_see_the_release(
    client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    path = "/api/v1/releases/current"
    refused = await client.get(path, headers=sign_in(owner))
    async with database.session() as session:
        user = await users.get(session, owner.user_id)
        assert user
        user.is_platform_admin = True

    assert refused.status_code == 403
    assert (await client.get(path, headers=sign_in(owner))).json() == "0.0.0"


# Recipe: Accept API keys
async def test_a_key_acts_in_its_tenant(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    key, path = make_token(), "/api/v1/tenant"
    async with database.session() as session:
        session.add(ApiKey(tenant_id=owner.tenant_id, fingerprint=fingerprint(key)))

    accepted = await client.get(path, headers={"Authorization": f"ApiKey {key}"})
    refused = await client.get(path, headers={"Authorization": f"ApiKey {make_token()}"})

    assert accepted.json()["id"] == str(owner.tenant_id)
    assert refused.status_code == 401


# Recipe: Serve a websocket
async def test_a_websocket_counts_members(app: FastAPI, owner: Account, sign_in: SignIn) -> None:
    headers = sign_in(owner)
    with (
        TestClient(app) as client,
        client.websocket_connect("/api/v1/online", headers=headers) as websocket,
    ):
        websocket.send_text("how many?")
        assert websocket.receive_json() == 1


# Recipe: Add a public route
async def test_strangers_see_the_opening_hours(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/opening-hours")).status_code == 200


# Recipe: Add a version of the API
async def test_both_versions_greet(client: AsyncClient, owner: Account, sign_in: SignIn) -> None:
    greeting = await client.get("/api/v2/greetings/mine", headers=sign_in(owner))
    paths = (await client.get("/openapi.json")).json()["paths"]

    assert greeting.json() == {"greeting": "Hello "}
    names = [paths[f"/api/{version}/greetings/mine"]["get"] for version in ("v1", "v2")]
    assert [each["operationId"] for each in names] == ["get_greeting", "get_greeting_v2"]


# Recipe: Do something after the response
async def test_feedback_is_mailed(
    client: AsyncClient, owner: Account, sign_in: SignIn, outbox: list[Mail]
) -> None:
    path = "/api/v1/feedback"
    response = await client.post(path, headers=sign_in(owner), json="Very nice")

    assert response.status_code == 202
    assert [mail.text for mail in outbox] == ["Very nice"]


# Recipe: Take an upload
async def test_an_upload_has_a_limit_of_its_own(
    client: AsyncClient, owner: Account, sign_in: SignIn
) -> None:
    content = b"x" * 2_000_000
    path, files = "/api/v1/uploads", {"file": content}
    response = await client.post(path, headers=sign_in(owner), files=files)

    assert (response.status_code, response.json()) == (201, sha256(content).hexdigest())


# Recipe: Receive a webhook
@pytest.mark.parametrize(("signed", "status"), [(TWICE, 200), (b"{}", 403), (None, 422)])
async def test_a_webhook_is_signed_as_it_came(
    client: AsyncClient, settings: Settings, signed: bytes | None, status: int
) -> None:
    secret = settings.payment_secret.get_secret_value().encode()
    headers = {"Content-Type": "application/json"}
    if signed:
        headers["X-Signature"] = hmac.digest(secret, signed, "sha256").hex()

    response = await client.post("/hooks/payments", headers=headers, content=TWICE)

    assert response.status_code == status


async def record_events(database: Database, account: Account) -> None:
    async with database.session(tenant_id=account.tenant_id) as session:
        for _ in range(EVENTS):
            await audit_log.record(session, SecurityEvent.SIGN_IN, actor_id=account.user_id)


# Recipe: Stream a download
async def test_a_stream_has_every_row_of_its_tenant(
    client: AsyncClient, database: Database, owner: Account, sign_in: SignIn
) -> None:
    other = await make_account(database, email="bob@example.com")
    for account in (owner, other):
        await record_events(database, account)

    response = await client.get("/api/v1/exports/audit", headers=sign_in(owner))

    assert [line[19:] for line in response.text.splitlines()] == [" sign_in"] * EVENTS


# Recipe: Stream a download
async def test_a_stream_holds_no_connection_while_its_client_reads(
    database: Database, owner: Account
) -> None:
    await record_events(database, owner)
    held: list[object] = []

    def take(_: object, record: object, __: object) -> None:
        held.append(record)

    def give_back(_: object, record: object) -> None:
        held.remove(record)

    event.listen(Pool, "checkout", take)
    event.listen(Pool, "checkin", give_back)
    try:
        pages = [len(held) async for _ in read_lines(database, owner.tenant_id)]
    finally:
        event.remove(Pool, "checkout", take)
        event.remove(Pool, "checkin", give_back)
    assert pages == [0] * 4
