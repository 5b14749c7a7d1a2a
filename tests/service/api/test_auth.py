"""The token endpoint."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import delete

from app.core.principal import Role
from app.crud import memberships, tenants
from app.db.models.membership import Membership
from app.db.session import Database
from service.support.tokens import TOKEN, ask_token, bearer, refresh
from tests.platform.support import (
    PASSWORD,
    Account,
    make_account,
)

Headers = Callable[[Account], dict[str, str]]
ME = "/api/v1/auth/me"


async def test_a_password_buys_two_tokens(client: AsyncClient, owner: Account) -> None:
    response = await ask_token(client)

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    granted = response.json()
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 900
    assert (await client.get(ME, headers=bearer(response))).json() == {
        "user_id": str(owner.user_id),
        "email": owner.email,
        "name": "",
        "is_platform_admin": False,
        "tenant_id": str(owner.tenant_id),
        "role": "owner",
    }


async def test_an_address_is_one_persons_however_they_type_it(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    await make_account(database, email="ann@bücher.example")

    assert (await ask_token(client, username=" Ann@Example.COM ")).status_code == 200
    for username in ("ann@bücher.example", "ann@xn--bcher-kva.example"):
        assert (await ask_token(client, username=username)).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@example.com"}, "invalid_grant"),
        ({"password": PASSWORD + "x" * 1000}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"username": ""}, "invalid_request"),
        ({"password": ""}, "invalid_request"),
        ({"tenant": "not an id"}, "invalid_request"),
        ({"tenant": str(uuid4())}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        (
            {"grant_type": "refresh_token", "refresh_token": "x" * 43 + "." + "y" * 43},
            "invalid_grant",
        ),
    ],
)
async def test_refusals_have_the_form_of_rfc_6749(
    client: AsyncClient, owner: Account, form: dict[str, str], error: str
) -> None:
    response = await ask_token(client, **form)

    assert response.status_code == 400
    assert response.json()["error"] == error
    assert response.headers["cache-control"] == "no-store"


async def test_a_body_that_is_no_form_is_refused(client: AsyncClient) -> None:
    response = await client.post(TOKEN, json={"grant_type": "password"})

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


async def test_a_sign_in_may_pick_the_tenant(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    async with database.session() as session:
        other = await tenants.create(session, name="joined later")
        await memberships.create(session, other.id, owner.user_id, Role.MEMBER)

    first = (await client.get(ME, headers=bearer(await ask_token(client)))).json()
    picked = await ask_token(client, tenant=str(other.id))
    second = (await client.get(ME, headers=bearer(picked))).json()
    switched = await refresh(client, picked.json()["refresh_token"], tenant=str(owner.tenant_id))
    third = (await client.get(ME, headers=bearer(switched))).json()

    assert first["tenant_id"] == third["tenant_id"] == str(owner.tenant_id)
    assert (second["tenant_id"], second["role"]) == (str(other.id), "member")


async def test_without_a_tenant_there_is_still_a_session(
    client: AsyncClient, database: Database, owner: Account
) -> None:
    async with database.session() as session:
        await session.execute(delete(Membership))
    granted = await ask_token(client)
    headers = bearer(granted)

    assert (await client.get(ME, headers=headers)).json()["tenant_id"] is None
    assert (await client.get("/api/v1/tenant", headers=headers)).status_code == 403
    made = await client.post("/api/v1/tenants", headers=headers, json={"name": "New"})
    wish = {"tenant": made.json()["id"]}
    refreshed = await refresh(client, granted.json()["refresh_token"], **wish)
    tenant = await client.get("/api/v1/tenant", headers=bearer(refreshed))
    assert tenant.json()["id"] == made.json()["id"]


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eA=="}]
)
async def test_without_a_valid_token_nobody_is_signed_in(
    client: AsyncClient, header: dict[str, str]
) -> None:
    response = await client.get(ME, headers=header)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] == "unauthorized"
